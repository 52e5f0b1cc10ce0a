//! Everything that is tested from outside, in one binary.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails like a test")]

mod bombs;
mod catalogue;
mod colors;
mod commands;
mod compare;
mod connections;
mod disks;
mod engines;
mod export;
mod faults;
mod find;
mod floors;
mod foreign;
mod gallery;
mod headers;
mod hostile;
mod image_api;
mod index;
mod ingest;
mod likeness;
mod masters;
mod outages;
mod pages;
mod readme;
mod reads;
mod records;
mod refusals;
mod regions;
mod responses;
mod review;
mod rights;
mod search;
mod site;
mod sources;
mod stampede;
mod stores;
mod streams;
mod support;
mod tag_runs;
mod tagging;
mod training;
mod truth;
mod unreachable;
mod works;
