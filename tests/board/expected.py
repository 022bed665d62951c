"""What a record must say of what was done to a board, whenever the plug was pulled."""

from dataclasses import dataclass, field
from datetime import datetime

# How far an exact time in the record may lie from what happened, in seconds. An emulated processor
# takes its time between the two.
TOLERANCE = 3

# Later than all.
NEVER = float("inf")


@dataclass
class Step:
    """Something that was asked of the board, and acknowledged by it or not. Positions are in the log of
    writes, where there is one; moments in seconds since 1970."""

    begun: float
    began_at: float
    done: float = NEVER
    done_at: float = NEVER

    def is_certain(self, position):
        """Whether it had been acknowledged."""
        return self.done != NEVER and self.done <= position

    def is_possible(self, position):
        """Whether it had been asked for."""
        return self.begun < position

    def holds(self, moment):
        return self.began_at - TOLERANCE <= moment <= self.done_at + TOLERANCE


@dataclass
class Session:
    """A connection that the operator saw."""

    # The operator's home router gives each connection a port of its own: it tells them apart.
    port: int
    opened: Step
    closed: Step | None = None
    reason: str | None = None
    erased: Step | None = None
    id: str | None = None


@dataclass
class Expected:
    sessions: list[Session] = field(default_factory=list)
    # All that sessions had: what must not be found once all are erased.
    addresses: set[str] = field(default_factory=set)

    def check(self, record, position=NEVER, pulled_at=()):
        """Holds a record against what was done up to `position`. `pulled_at`: when the plug was
        pulled. Returns the sessions that are gone."""
        ids = [session["id"] for session in record]
        assert len(set(ids)) == len(ids), f"doubled: {ids}"
        for own in record:
            if not any(is_same(session, own) for session in self.sessions):
                self.adopt(own, record, position)
        gone = []
        for session in self.sessions:
            found = [own for own in record if is_same(session, own)]
            assert len(found) <= 1, f"doubled: {found}"
            if not session.opened.is_possible(position):
                assert not found, f"recorded before it was: {found}"
            elif session.erased and session.erased.is_certain(position):
                assert not found, f"came back after it was erased: {found}"
            elif not (session.erased and session.erased.is_possible(position)):
                assert found or not session.opened.is_certain(position), f"lost: {session}"
            if found:
                check_end(session, found[0], position, pulled_at)
            elif session.erased and session.erased.is_possible(position):
                gone.append(session)
        return gone

    def adopt(self, own, record, position):
        """A session of which only the interface was seen may be one whose script was cut off."""
        cut_off = [
            session for session in self.sessions
            if session.opened.is_possible(position) and not session.opened.is_certain(position)
            and not any(is_same(session, other) for other in record)
        ]
        assert cut_off and own["coverage"] == "interface", f"invented: {own}"
        cut_off[0].id = own["id"]


def is_same(session, own):
    return own["id"] == session.id or value(own, "origin_port") == session.port


def check_end(session, own, position, pulled_at):
    start = seconds(own["start"]["at"])
    assert start and session.opened.holds(start), (session, own["start"])
    end = own["end"]
    assert end, f"a session that outlived a power cut: {own}"
    closed = session.closed
    if closed and closed.is_certain(position):
        assert end["reason"] == session.reason, (session, end)
        assert holds(closed, end), (session, end)
    else:
        # Cut off, or closed and nobody had said so yet.
        cut = [Step(0, moment, 0, moment) for moment in pulled_at if moment >= start]
        possible = [closed] if closed and closed.is_possible(position) else []
        if pulled_at:
            assert any(holds(step, end) for step in cut[:1] + possible), (session, end, pulled_at)
        elif end["at"] is None:
            assert (seconds(end["earliest"]) or start) >= start - TOLERANCE, (session, end)
        else:
            assert any(holds(step, end) for step in possible), (session, end)


def holds(step, end):
    """Whether an end says when the step was: exactly, or by bounds around it."""
    if (moment := seconds(end["at"])) is not None:
        return step.holds(moment)
    earliest, latest = seconds(end["earliest"]), seconds(end["latest"])
    return ((earliest is None or earliest <= step.done_at + TOLERANCE)
            and (latest is None or step.began_at - TOLERANCE <= latest))


def value(session, name):
    observed = session[name]
    return observed and observed["value"]


def seconds(text):
    return text and datetime.fromisoformat(text).timestamp()
