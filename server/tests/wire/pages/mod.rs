mod account;
mod applications;
mod console;
mod devices;
mod headers;
mod passwords;
mod profiles;
mod refusals;
