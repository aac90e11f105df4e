mod account;
mod console;
mod headers;
