//! What Sereno asks of the world outside: traits only, with the values that cross them. Implementations are chosen in
//! `boot`.

pub mod mail;
pub mod push;
