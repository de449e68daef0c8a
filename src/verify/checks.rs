//! What a running server is asked, one file for each subject. Each check adds a line for every promise that it knows.

pub(super) mod answers;
pub(super) mod application;
pub(super) mod certificate;
pub(super) mod farm;
pub(super) mod files;
pub(super) mod open_pages;
pub(super) mod pages_of_others;
pub(super) mod repositories;
pub(super) mod sign_on;
pub(super) mod sizes;
pub(super) mod spoofing;
pub(super) mod subfolder;
pub(super) mod transport;
pub(super) mod unseen;
pub(super) mod urls;
