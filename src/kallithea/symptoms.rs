//! What you see if you run Kallithea under IIS, and its causes: statuses, error numbers of Windows, and a few things without a
//! number.
//!
//! The table is also the last part of `docs/from-kallithea-page.md`. The meaning of a status is Microsoft's (page "HTTP
//! status codes in IIS", and 413.1 and 431 in `<requestLimits>` of the reference). Only causes that a deployment of Kallithea
//! has are here. Absent: finding one, which [`diagnostic::symptoms`](crate::diagnostic::symptoms) does.

mod clients;
mod events;
mod failed;
mod farm;
mod not_found;
mod others;
mod refused;

use crate::diagnostic::symptoms::Symptoms;

/// Every symptom, by its number; those without a number are last.
pub const SYMPTOMS: Symptoms = Symptoms(&[
    refused::SYMPTOMS,
    not_found::SYMPTOMS,
    failed::SYMPTOMS,
    events::SYMPTOMS,
    clients::SYMPTOMS,
    others::SYMPTOMS,
    farm::SYMPTOMS,
]);
