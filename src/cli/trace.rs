//! `trace`: what the running bridge logs, live. Any program on the machine may write to the channel, so only plain text of
//! it reaches the console.

use std::ops::ControlFlow;

use kallithea_bridge_isapi::visible;

use super::output::Output;
use super::{Outcome, Trouble};
use crate::trace::{Channel, Company, Reach};

pub(super) fn run(output: &mut Output) -> Result<Outcome, Trouble> {
    let channel = Channel::open()?;
    if channel.reach() == Reach::Session {
        output
            .say("showing only programs of this session, not IIS; run this in an elevated prompt to see IIS");
    }
    if channel.company() == Company::Shared {
        output.say(
            "another program has the channel open; close it if it reads too, because each text reaches \
                only one reader",
        );
    }
    output.say("waiting for messages of the bridge; press Ctrl+C to stop");
    loop {
        if let ControlFlow::Break(()) = output.print_more(&visible::lines(&channel.next_text()))? {
            return Ok(Outcome::Fine);
        }
    }
}
