//! Carrying one call through a replica, for as long as that lives.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use mcp_guard::{Call, NoSuchTool, Reply};

use super::{
    intent::Intent,
    judge::{CallId, Said},
    plan::Fault,
    replica::Presence,
    world::{World, on_behalf_of},
};

/// After how many polls at most a doomed call takes its replica down.
const LATEST_DOOM: u64 = 40;

type Answering = Pin<Box<dyn Future<Output = Result<Reply, NoSuchTool>> + Send>>;

/// A call's future. Its replica may stand still, and die.
struct Driven {
    world: Arc<World>,
    place: usize,
    incarnation: u32,
    call: CallId,
    /// How many more polls its replica lives for.
    doom: Option<u64>,
    inner: Option<Answering>,
}

impl Future for Driven {
    /// `None` when the replica has died.
    type Output = Option<Result<Reply, NoSuchTool>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        match this.world.replicas[this.place].presence(this.incarnation, cx) {
            Presence::Present => {}
            Presence::StandsStill => return Poll::Pending,
            Presence::Gone => {
                this.inner = None;
                return Poll::Ready(None);
            }
        }
        if let Some(left) = &mut this.doom
            && !this.world.is_calm()
        {
            *left = left.saturating_sub(1);
            if *left == 0 {
                this.world.crash(this.place);
                this.inner = None;
                return Poll::Ready(None);
            }
        }
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        on_behalf_of(this.call, || inner.as_mut().poll(cx)).map(Some)
    }
}

impl World {
    /// Calls a tool at a replica. What the agent hears; `None` when it hears nothing.
    pub(super) async fn call(self: &Arc<Self>, intent: Intent, place: usize) -> Option<Said> {
        let (guard, incarnation) = self.replicas[place].guard()?;
        let call = self.judge(|judge, now| judge.called(intent, place, now));
        let weather = self.plan.weather;
        let doom = self.chance(|chance| {
            chance.happens(weather.doomed_calls).then(|| chance.between(1, LATEST_DOOM))
        });
        let walk = async move {
            let call = Call::new(intent.tool.name, intent.arguments(), Some(intent.caller()));
            guard.call(call).await
        };
        let driven = Driven {
            world: Arc::clone(self),
            place,
            incarnation,
            call,
            doom: doom.filter(|_| !self.is_calm()),
            inner: Some(Box::pin(walk)),
        };
        match driven.await {
            Some(Ok(reply)) => {
                let said = self.judge(|judge, now| judge.answered(call, &reply, now));
                let lost = self.chance(|chance| chance.happens(weather.lost_replies));
                if lost && !self.is_calm() {
                    self.fault(Fault::ReplyLost, []);
                    return None;
                }
                Some(said)
            }
            Some(Err(NoSuchTool)) => {
                self.judge(|judge, now| judge.tool_denied(call, now));
                None
            }
            None => {
                self.judge(|judge, now| judge.lost(call, now));
                None
            }
        }
    }
}
