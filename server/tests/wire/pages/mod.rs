mod account;
mod applications;
mod console;
mod headers;
mod passwords;
mod profiles;
mod refusals;
