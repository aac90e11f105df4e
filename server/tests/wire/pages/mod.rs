mod account;
mod console;
mod headers;
mod passwords;
mod refusals;
