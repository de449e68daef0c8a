//! What a user of Kallithea under IIS sees, and its causes: statuses, Windows error numbers, and a few symptoms without a
//! number.
//!
//! The table is also the last part of `docs/from-kallithea-page.md`. The meaning of a status is Microsoft's (page "HTTP
//! status codes in IIS", and 413.1 and 431 in `<requestLimits>` of the reference). Only causes that occur in a deployment of
//! Kallithea are here. Absent: finding one, which [`diagnostic::symptoms`](crate::diagnostic::symptoms) does.

mod clients;
mod events;
mod failed;
mod farm;
mod not_found;
mod others;
mod refused;
mod server;

use crate::diagnostic::symptoms::Symptoms;

/// Every symptom, by its number; those without a number are last.
pub const SYMPTOMS: Symptoms = Symptoms(&[
    refused::SYMPTOMS,
    not_found::SYMPTOMS,
    failed::SYMPTOMS,
    events::SYMPTOMS,
    clients::SYMPTOMS,
    server::SYMPTOMS,
    others::SYMPTOMS,
    farm::SYMPTOMS,
]);
