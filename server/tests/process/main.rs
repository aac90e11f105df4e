//! Sereno as it really runs: the listener and the WebSocket over real sockets, the binary as a script calls it and as it is
//! killed, the site inside of it.

mod body;
mod commands;
mod folder;
mod listener;
mod live;
mod outbox;
mod push;
mod serving;
mod site;
