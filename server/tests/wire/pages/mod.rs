mod account;
mod console;
mod headers;
mod refusals;
