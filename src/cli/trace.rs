//! `trace`: what the running bridge logs, live. Any program of the machine may write to the channel, so nothing of its text
//! reaches the console that is more than text.

use std::ops::ControlFlow;

use kallithea_bridge_isapi::visible;

use super::output::Output;
use super::{Outcome, Trouble};
use crate::trace::{Channel, Company, Reach};

pub(super) fn run(output: &mut Output) -> Result<Outcome, Trouble> {
    let channel = Channel::open()?;
    if channel.reach() == Reach::Session {
        output.say("only programs of this session are heard, not IIS: for that, use an elevated prompt");
    }
    if channel.company() == Company::Shared {
        output
            .say("another program has the channel open; if it reads, too, each text reaches only one of you");
    }
    output.say("waiting for what the bridge logs; Ctrl+C ends this");
    loop {
        if let ControlFlow::Break(()) = output.print_more(&visible::lines(&channel.next_text()))? {
            return Ok(Outcome::Fine);
        }
    }
}
