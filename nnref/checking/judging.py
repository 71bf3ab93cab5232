"""Judge what was seen of a program, and find the slip that gives its numbers."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from nnref.checking.comparing import (
    Difference,
    alike,
    decimals,
    difference,
    flat,
    is_float32,
    likeness,
    one_ratio,
)
from nnref.checking.course import Course, course
from nnref.checking.failures import words_for
from nnref.checking.formulas import ORDER, RULES, Numbers
from nnref.checking.observation import Observation, Run
from nnref.checking.parts import COMMON, WEIGHTS, part_of
from nnref.checking.rounding import tolerances
from nnref.checking.slips import Slip, bias_slips, slips, turned
from nnref.checking.verdict import Verdict, in_the_article

NEAR = 1e-6

Runs = Iterable[int] | None


def judge(observations: list[Observation], rule: str) -> Verdict:
    """Return the verdict on what was seen of a program."""
    judges = [Judge(one, rule) for one in observations if one.course != "equal"]
    for judge in judges:
        if judge.seen.failure is not None:
            equal = (Judge(one, rule) for one in observations if one.course == "equal")
            return _of_failure(judge, [one for one in equal if one.seen.part == judge.seen.part])
        update = judge.first_wrong()
        if update is not None:
            return judge.verdict(update, judges)
    disagreement = _of_disagreement(judges)
    return _of_what_is_right(judges, rule) if disagreement is None else disagreement


def _of_disagreement(judges: list["Judge"]) -> Verdict | None:
    """Return the verdict on functions of which each is right, but for another kind of matrix."""
    called = {
        judge.seen.transposed: judge.seen.called
        for judge in reversed(judges)
        if not judge.seen.owner and judge.seen.part not in COMMON
        if not judge.takes().isdisjoint(WEIGHTS)
    }
    if len(called) < 2:
        return None
    return Verdict(
        right=False,
        slip="product_the_wrong_way_round",
        headline=f"{called[False]} and {called[True]} do not go together.",
        looks_like=f"{called[False]} takes matrices with a row for each input, as the article has "
        f"them. {called[True]} takes them with a row for each neuron: there, the product is the "
        "wrong way round.",
    )


def _of_what_is_right(judges: list["Judge"], rule: str) -> Verdict:
    """Return the verdict on a program in which nothing is wrong."""
    called = list(dict.fromkeys(judge.seen.called for judge in judges))
    names = " and ".join(filter(None, [", ".join(called[:-1]), called[-1]]))
    what = "what the article does" if rule == "split" else "the chain rule's update"
    exact = all(judge.is_exact() for judge in judges)
    how = "to the last bit" if exact else "within the rounding of Python's floats"
    compute = "computes" if len(called) == 1 else "compute"
    notes = dict.fromkeys(note for judge in judges for note in judge.seen.notes)
    return Verdict(True, None, f"{names} {compute} {what}, {how}.", notes=tuple(notes))


def _of_failure(judge: "Judge", equal: list["Judge"]) -> Verdict:
    """Return the verdict on a program that gave no numbers where the layers differ in width."""
    failure = judge.seen.failure
    assert failure is not None
    slip, headline, looks_like = words_for(failure, judge.seen)
    if judge.seen.course == "unequal" and failure.kind in ("raised", "shape") and equal:
        slip, looks_like = _with_equal_layers(equal, (slip, looks_like))
    return Verdict(
        right=False,
        slip=slip,
        headline=headline,
        looks_like=looks_like,
        traceback=failure.traceback,
        tried=judge.course.in_words() if failure.kind in ("raised", "shape") else "",
    )


def _with_equal_layers(
    equal: list["Judge"], otherwise: tuple[str | None, str]
) -> tuple[str | None, str]:
    """Return the slip and the words for what a program does where all layers are equally wide."""
    if any(judge.seen.failure for judge in equal):
        return otherwise
    for judge in equal:
        update = judge.first_wrong()
        if update is not None:
            found = judge.explained(update, turned())
            if found is None:
                return otherwise
            return found.name, f"With three neurons in every layer it runs, and {found.cause}."
    return (
        "equal_layers_only",
        "With three neurons in every layer it is right, so two sizes have changed places, or a "
        "size is written as a number.",
    )


class Found(NamedTuple):
    """Which slip gives a run's numbers, and the first of them that shows it."""

    name: str | None
    cause: str
    number: str
    difference: Difference


class Judge:
    """Compares the runs of one observation with the oracle and with the slips."""

    def __init__(self, seen: Observation, rule: str) -> None:
        self.seen, self.rule = seen, rule
        self.course: Course = course(seen.course)

    def takes(self) -> set[str]:
        """Return the names of the numbers that the part gets."""
        return set(part_of(self.seen.part, self.rule).arguments.values())

    def right(self, update: int) -> Numbers:
        """Return the oracle's numbers."""
        return self.course.answers(update, self.rule)

    def judged(self, run: Run) -> list[str]:
        """Return the names of what must be right; of a class the rest only helps to explain."""
        if self.seen.part == "train":
            return ["new_weights_hidden_output", "new_weights_input_hidden"]
        return list(run.seen)

    def first_wrong(self) -> int | None:
        """Return the first update that is wrong."""
        for update, run in enumerate(self.seen.runs):
            if not self.is_right(run, update):
                return update
        return None

    def is_right(self, run: Run, update: int) -> bool:
        """Return whether what a run made is right."""
        return not any(self.difference(run, update, name) for name in self.judged(run))

    def difference(self, run: Run, update: int, name: str) -> Difference | None:
        """Return the first number of this name that is wrong."""
        right = self.right(update)
        return difference(run.seen[name], right[name], tolerances(right, self.rule)[name])

    def is_exact(self) -> bool:
        """Return whether all numbers have the oracle's bits."""
        return all(
            run.seen[name] == self.right(update)[name]
            for update, run in enumerate(self.seen.runs)
            for name in self.judged(run)
        )

    def numbers_with(self, slip: Slip, update: int) -> Numbers:
        """Return the numbers of a program with a slip; a function gets its arguments right."""
        right, given = self.right(update), dict(self.course.starts[update])
        if not self.seen.owner:
            arguments = part_of(self.seen.part, self.rule).arguments.values()
            given |= {name: right[name] for name in arguments}
        return Numbers(given, RULES[self.rule] | slip.formulas)

    # What a wrong run looks like.

    def verdict(self, update: int, judges: list["Judge"]) -> Verdict:
        """Return the verdict on a run that is wrong."""
        run = self.seen.runs[update]
        found = self.bias(update, judges)
        if found is not None:
            found = self._forgotten(judges, found)
        elif self._is_stale(update):
            stops = self.seen.alone[update] is None
            found = self._first_shown(run, update)._replace(
                name="stale_state",
                cause="something is kept from an earlier call; as the first call of a new object, "
                f"the same call {'stops with an error' if stops else 'is right'}",
            )
        elif self.seen.varies:
            found = self._first_shown(run, update)._replace(
                name="random",
                cause="random numbers are drawn; the same call gives other numbers each time",
            )
        else:
            found = (
                self._inexact(update)
                or self.explained(update, slips(self.rule))
                or self._unnamed(update)
            )
        return self._told(update, found)

    def _told(self, update: int, found: Found) -> Verdict:
        """Return a finding in words."""
        number = found.number.removeprefix("new_")
        place = number + found.difference.place
        headline = f"{self.seen.called}: {place} is wrong."
        if found.number != number:
            headline = f"{self.seen.called}: {place} is wrong after an update."
        if number == "sigmoid":
            place = f"sigmoid({self.right(update)['x']:g})"
            headline = f"{place} is wrong."
        return Verdict(
            right=False,
            slip=found.name,
            headline=headline,
            place=place,
            yours=found.difference.yours,
            wanted=found.difference.wanted,
            looks_like=f"This number comes out if {found.cause}." if found.cause else UNKNOWN,
            article=in_the_article(found.number, self.rule),
            tried=self._given(update),
            notes=tuple(self.seen.notes),
        )

    def _given(self, update: int) -> str:
        """Return what the program got, as lines of Python."""
        right = self.right(update)
        names = dict.fromkeys(part_of(self.seen.part, self.rule).arguments.values())
        return "\n  ".join(["It got", *(f"{name} = {brief(right[name])}" for name in names)])

    def explained(self, update: int, candidates: Iterable[Slip], runs: Runs = None) -> Found | None:
        """Return the slip that gives the numbers: all of them, or else the first wrong ones.

        They are its own in all runs, unless runs says in which.
        """
        run = self.seen.runs[update]
        among = range(len(self.seen.runs)) if runs is None else runs
        shown = self._shown(run, update)
        matches = [
            slip for slip in candidates
            if all(self._is_like(slip, name, among) for name in self.judged(run))
        ]  # fmt: skip
        for name in shown if matches else shown[:1]:
            like = [
                slip for slip in matches or candidates
                if self._is_like(slip, name, among) and self._shows(slip, name, update)
            ]  # fmt: skip
            if like:
                # The simplest, since one in both layers has not shown itself in the other.
                slip = min(like, key=lambda slip: len(slip.formulas))
                wrong = self.difference(run, update, name)
                assert wrong is not None
                return Found(slip.name, slip.cause, name, wrong)
        return None

    def _is_like(self, slip: Slip, name: str, runs: Iterable[int]) -> bool:
        """Return whether a slip gives the numbers of this name in the runs that have it."""
        seen = [(update, self.seen.runs[update].seen.get(name)) for update in runs]
        return all(
            alike(yours, self.numbers_with(slip, update)[name], likeness(yours))
            for update, yours in seen
            if yours is not None
        )

    def _shows(self, slip: Slip, name: str, update: int) -> bool:
        """Return whether a slip makes a number wrong at all."""
        within = likeness(self.seen.runs[update].seen[name])
        right, with_slip = self.right(update)[name], self.numbers_with(slip, update)[name]
        return not alike(with_slip, right, within)

    def _shown(self, run: Run, update: int) -> list[str]:
        """Return the names of what is wrong, in the order of the article."""
        names = [name for name in ORDER if name in run.seen]
        names += [name for name in run.seen if name not in ORDER]
        return [name for name in names if self.difference(run, update, name)]

    def _first_shown(self, run: Run, update: int) -> Found:
        name = self._shown(run, update)[0]
        wrong = self.difference(run, update, name)
        assert wrong is not None
        return Found(None, "", name, wrong)

    def bias(self, update: int, judges: list["Judge"]) -> Found | None:
        """Return the bias that gives a run's numbers, out of what the object keeps."""
        _, hnodes, onodes = self.course.sizes
        queries = [
            j.seen.runs for j in judges if j.seen.part == "query" and j.course == self.course
        ]
        # What a query changes is no bias, but a sum that goes on.
        still = {
            name: vector
            for name, vector in self.seen.runs[update].kept.items()
            if all(run.kept.get(name) == runs[0].kept.get(name) for runs in queries for run in runs)
        }
        return self.explained(update, list(bias_slips(still, hnodes, onodes)), [update])

    def _forgotten(self, judges: list["Judge"], found: Found) -> Found:
        """Return the finding of a bias, or of one that only query or only train knows."""
        others = [
            judge for judge in judges
            if judge.seen.part != self.seen.part and judge.seen.course == self.seen.course
        ]  # fmt: skip
        for other in others:
            biased = any(x != 0.0 for run in other.seen.runs for v in run.kept.values() for x in v)
            if biased and other.first_wrong() is None:
                return found._replace(
                    name="bias_forgotten",
                    cause=f"{found.cause}, and {other.seen.called} has forgotten this one",
                )
        return found

    def _is_stale(self, update: int) -> bool:
        if update >= len(self.seen.alone):
            return False
        alone = self.seen.alone[update]
        return alone is None or self.is_right(alone, update)

    def _inexact(self, update: int) -> Found | None:
        """Return the finding for numbers that are right, but have lost a part of their digits."""
        run, right = self.seen.runs[update], self.right(update)
        names = self.judged(run)
        values = [x for name in names for x in flat(run.seen[name])]
        wanted = [x for name in names for x in flat(right[name])]
        found = self._first_shown(run, update)
        places = decimals(values, wanted)
        if places is not None:
            return found._replace(name="rounded", cause=f"it is rounded to {places} decimals")
        if not alike(values, wanted, NEAR):
            return None
        if all(map(is_float32, values)):
            return found._replace(name="float32", cause=FLOAT32)
        return found._replace(name="inexact", cause=INEXACT)

    def _unnamed(self, update: int) -> Found:
        """Return the finding for numbers that no slip gives."""
        found = self._first_shown(self.seen.runs[update], update)
        values = flat(self.seen.runs[update].seen[found.number])
        if not all(map(math.isfinite, values)):
            return found._replace(name="not_finite", cause=NOT_FINITE)
        ratio = self._step_length(update, found.number)
        if ratio is not None:
            given = self.course.lr
            as_with = f"as with a learning rate of {ratio * given:.4g} in place of {given:g}"
            return found._replace(
                name="step_length",
                cause=f"every step is {ratio:.4g} times as long as it should be, {as_with}",
            )
        return found

    def _step_length(self, update: int, name: str) -> float | None:
        if not name.startswith("new_"):
            return None
        right = self.right(update)
        before = flat(right[name.removeprefix("new_")])
        changes = [
            a - b for a, b in zip(flat(self.seen.runs[update].seen[name]), before, strict=True)
        ]
        wanted = [a - b for a, b in zip(flat(right[name]), before, strict=True)]
        return one_ratio(changes, wanted)


def brief(value: Any) -> str:
    """Return numbers in lists as a person reads them."""
    if isinstance(value, list):
        return f"[{', '.join(map(brief, value))}]"
    return f"{value:.6g}"


NOT_FINITE = "a number is divided by 0, grows beyond all floats, or is never set"
FLOAT32 = "the numbers are float32, which has 7 digits; Python's floats, and NumPy's own, have 16"
INEXACT = "some step keeps only a part of the digits, as with 2.718 in place of math.e"
UNKNOWN = "No slip that the checker knows gives this number. Compare your line with the formula:"
