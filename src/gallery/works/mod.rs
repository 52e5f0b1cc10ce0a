//! Works: what records say, linked to the masters that show them.

mod matching;
