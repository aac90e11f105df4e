mod admin_users;
mod bad_input;
mod contract;
mod login;
mod me;
mod passwords;
mod registrations;
mod tokens;
