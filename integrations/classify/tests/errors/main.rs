//! Classifies errors that the real libraries make: from real files and sockets, from SQLite, and
//! from servers of PostgreSQL, Redis and gRPC that the tests start.

mod chain;
mod first_page;
mod io;
mod postgres;
mod redis;
mod reqwest;
mod sqlite;
mod support;
mod tonic;
