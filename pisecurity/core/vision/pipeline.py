"""The steps from frame to event, in order. None of them calls the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pisecurity.core.types import Box, Dismissed, Event, Frame, Mode, MotionResult, Plane, Region, Track
from pisecurity.core.vision.background import Background
from pisecurity.core.vision.contrast import CoatWatch, Seeing, coat_differs, least_seen
from pisecurity.core.vision.cover import Cover
from pisecurity.core.vision.denoise import Denoiser
from pisecurity.core.vision.events import EventKeeper
from pisecurity.core.vision.judge import Sight
from pisecurity.core.vision.learned import LEAST_ALIKE, LearnedScene, hidden_mark
from pisecurity.core.vision.ledger import Ledger
from pisecurity.core.vision.model import BackgroundModel, Observation
from pisecurity.core.vision.motion import LIGHT_WINDOW, NOTHING, Change, Stirring, find_change, tighten
from pisecurity.core.vision.planes import VISIBLE, Mat, Planes, split
from pisecurity.core.vision.scale import People, PersonScale, pets_in_words
from pisecurity.core.vision.scene import Exposure, LightChange, Settling, normalised
from pisecurity.core.vision.sensitivity import Sensitivity
from pisecurity.core.vision.subtracted import background_of
from pisecurity.core.vision.things import Thing, as_track
from pisecurity.core.vision.tracks import Tracker
from pisecurity.core.vision.zones import ZoneMap
from pisecurity.settings import MotionSettings, ZoneSettings

_FINE_MARGIN, _FINE_NOISE_FACTOR = 5, 5.0
"""How much more than the contrast setting counts on the fine plane, which has twice the noise of the coarse one."""
_DARK_CONTRAST = 0.5
"""Share of the contrast setting that counts in a picture so noisy that it is smoothed."""
WARM_UP_S = 2.5
"""Time after the scene began in which no event opens; what still moves then opens one."""
_LEAST_CLEAR = 0.01
"""Of a picture that is hidden but for a crack, so much is taken to be visible."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one frame brought."""

    events: tuple[Event, ...]
    """Those that opened, improved or ended with this frame; usually none."""
    tracks: tuple[Track, ...]
    """Everything followed and seen in this frame, candidates included."""
    motion: MotionResult
    dismissed: tuple[Dismissed, ...] = ()
    """What was no event, and why: once a minute, those of that minute."""
    counting: frozenset[Mode] = frozenset()
    """Modes in which what is in view counts, as part of an event."""


class Pipeline:
    """Motion, zones, tracks and events of one camera.

    The same frames give the same results: time is ``Frame.taken_s``, and nothing is random.
    """

    def __init__(self, camera: str, motion: MotionSettings, zones: Sequence[ZoneSettings]) -> None:
        """*zones*: those of this camera."""
        self._sensitivity, self._zones = Sensitivity(motion), ZoneMap(zones)
        self._denoiser, self._exposure, self._settling = Denoiser(), Exposure(), Settling()
        self._stirring, self._light, self._cover = Stirring(), LightChange(), Cover()
        self._tracker, self._keeper, self._ledger = Tracker(), EventKeeper(camera), Ledger(camera)
        self.scale = PersonScale()
        """How tall people are; grows by those who walk by."""
        self._background: BackgroundModel | None = None
        self._visible: Plane | None = None
        self._coat = CoatWatch()
        self.seeing: Seeing | None = None
        """How small a difference is seen, as of the last frame; None before the scene is known."""
        self._clear_share = 1.0
        """Share of the picture that is neither hidden nor right beside what is."""
        self._began_s = self._last_s = 0.0
        self._earlier: LearnedScene | None = None
        self.beginnings = 0
        """How often a scene was begun that nothing was known of."""
        self.not_restored = ""
        """Why what was learned earlier could not be taken up; empty when it was, or when there was none."""

    def restore(self, scene: LearnedScene) -> None:
        """Go on with *scene*, if the next frame that begins one still shows it in some light.

        Then events open at once. What stands there and did not before, or moves, is judged as ever.
        """
        self._earlier = scene

    def restore_people(self, people: People) -> None:
        """Go on with what was learned of how tall people are, of this camera at this place."""
        self.scale = PersonScale.of(people)

    def learned(self) -> LearnedScene | None:
        """Return a copy of what was learned; None before the first frame and while too little is known of the scene.

        Only our own background can tell it.
        """
        if not isinstance(self._background, Background) or self._last_s - self._began_s < WARM_UP_S:
            return None
        return self._background.learned(self._denoiser.raw_sigma, hidden_mark(self._visible))

    @property
    def tells(self) -> bool:
        """Whether its background is one of which ``learned`` can tell at all."""
        return self._motion.background == "ours"

    def forget(self) -> None:
        """Learn the scene and how tall people are anew from the next frame on."""
        self._background, self.scale = None, PersonScale()

    def apply(self, motion: MotionSettings, zones: Sequence[ZoneSettings]) -> None:
        """Use other settings from the next frame on; background, tracks and the open event are kept.

        Another ``motion.background`` knows nothing yet, so that the scene begins anew.
        Other privacy zones are not told here but by ``Frame.visible``, and start the scene anew.
        """
        if motion.background != self._motion.background:
            self._background = None
        self._sensitivity.apply(motion)
        self._zones = ZoneMap(zones)

    def step(self, frame: Frame) -> Step:
        """Return what *frame* brought.

        A frame of another size than the one before starts the scene anew, and so does one in which other parts are
        hidden: what is black now, or was, has not moved. One that is not newer than the one before, by ``taken_s``,
        is left out of account.

        Raises:
            ValueError: ``frame.luma`` is not two-dimensional uint8 of at least 16x16.
        """
        planes, now_s = split(frame.luma), frame.taken_s
        background = self._background
        if background is None or background.fine_shape != planes.fine.shape or frame.visible is not self._visible:
            self._begin(planes, frame.visible, now_s)
            return self._step(frame, NOTHING, planes, ())
        if now_s <= self._last_s:
            return Step((), (), _result(NOTHING, planes, unsettled=self._settling.distrusting(now_s)))
        planes = replace(planes, coarse=self._denoiser.clean(planes.coarse, self._tracker.clutter, now_s))
        gain = self._exposure.measure(planes.coarse, background.level, now_s)
        self._sensitivity.look(self._exposure.brightness, now_s)
        coarse = normalised(planes.coarse, gain)
        change = find_change(coarse, background, self._motion.min_area, dark=self._denoiser.smooths)
        hides = self._cover.hides(change, coarse, background.level, now_s)
        jolted = self._settling.notice(change.share / self._clear_share, self._motion.light_share, now_s, hides=hides)
        self._light.note(gain, jolted=jolted, now_s=now_s)
        if jolted:
            change = Change(None, (), change.share)
        things = self._follow(change, planes, coarse, background, now_s)
        boxed = [(thing, self._box(thing, planes, background, gain)) for thing in things]
        step = self._step(frame, change, planes, boxed)
        self._note_seeing(frame)
        self._learn(planes, coarse, background, gain, change, now_s)
        self._last_s = now_s
        return step

    @property
    def pets(self) -> str:
        """Whether ``motion.pets`` is in force, in words; nothing where it is none."""
        return pets_in_words(self._motion.pets, self.scale)

    def raise_alarm(self) -> None:
        """Take whatever is in view for somebody who intrudes: nobody who was there during an alarm comes home later."""
        self._tracker.raise_alarm()

    def finish(self) -> tuple[Event, ...]:
        """End the open event, because no further frame will come."""
        return self._keeper.finish()

    def finish_ledger(self) -> tuple[Dismissed, ...]:
        """Return what is still to be said of what was no event, and forget what is followed just now."""
        return self._ledger.finish()

    def _begin(self, planes: Planes, visible: Plane | None, now_s: float) -> None:
        clear = None if visible is None else well_visible(visible)
        self._visible = visible
        self._clear_share = 1.0 if clear is None else max(float(clear.mean()), _LEAST_CLEAR)
        self._denoiser, self._exposure, self._stirring = Denoiser(clear), Exposure(clear), Stirring()
        self._background = background_of(self._motion.background, planes, self._contrast, clear)
        self._settling.start(now_s)
        self._began_s = now_s
        self._tracker.forget()
        self._last_s = now_s
        earlier, self._earlier = self._earlier, None
        self.not_restored = "" if earlier is None else self._take_up(earlier, planes, clear)
        if earlier is None or self.not_restored:
            self.beginnings += 1
        else:
            self._settling, self._began_s = Settling(), now_s - WARM_UP_S

    def _take_up(self, earlier: LearnedScene, planes: Planes, clear: Mat | None) -> str:
        """Put *earlier* in the place of the scene just begun; return why not, empty when it was."""
        if self._motion.background != "ours":
            return f"motion.background is {self._motion.background}, which cannot be kept"
        if (earlier.coarse.shape, earlier.fine.shape) != (planes.coarse.shape, planes.fine.shape):
            return self._elsewhere("the picture has another size")
        if earlier.hidden != hidden_mark(self._visible):
            return "the privacy zones are others"
        denoiser, exposure = Denoiser(clear, earlier.raw_sigma), Exposure(clear)
        contrast = self._contrast_of(denoiser)
        background = Background(planes, contrast, clear)
        background.take_up(earlier, contrast)
        coarse = denoiser.clean(planes.coarse, 0.0, self._last_s)
        alike = background.alike(normalised(coarse, exposure.measure(coarse, background.level, self._last_s)))
        if alike < LEAST_ALIKE:
            return self._elsewhere(f"only {alike:.0%} of the picture is as it was, less than {LEAST_ALIKE:.0%}")
        self._denoiser, self._exposure, self._background = denoiser, exposure, background
        return ""

    def _elsewhere(self, reason: str) -> str:
        """Forget how tall people are, because the camera looks elsewhere now; return *reason*, why that is known.

        People measured elsewhere would make pets of those here.
        """
        self.scale = PersonScale()
        return reason

    def _follow(
        self, change: Change, planes: Planes, coarse: Mat, background: BackgroundModel, now_s: float
    ) -> tuple[Thing, ...]:
        wanted = bool(change.blobs) or self._tracker.busy
        stirred = self._stirring.compare(planes.coarse, background.sigma, now_s, wanted=wanted)
        if not wanted:
            self._tracker.rest(now_s)
            return ()
        placed = [
            (blob, self._zones.place(blob.rect.share(coarse.shape), blob.area / coarse.size)) for blob in change.blobs
        ]
        sight = Sight(
            coarse, background, change.moving, planes.coarse, self._stirring, stirred, self.scale, self._light.at_s
        )
        distrust = self._settling.distrusting(now_s)
        return self._tracker.follow(placed, sight, now_s, self._motion, distrust=distrust)

    @property
    def _motion(self) -> MotionSettings:
        return self._sensitivity.motion

    @property
    def _contrast(self) -> float:
        return self._contrast_of(self._denoiser)

    def _contrast_of(self, denoiser: Denoiser) -> float:
        """Return the least change that counts: half of the setting where noise is averaged away, because a dark coat
        in the dark differs little, and leaves and shadows do as well.
        """
        return self._motion.min_contrast * (_DARK_CONTRAST if denoiser.smooths else 1.0)

    def _note_seeing(self, frame: Frame) -> None:
        if frame.taken_s - self._began_s < WARM_UP_S:
            return
        least = least_seen(self._contrast, self._denoiser.sigma, smooths=self._denoiser.smooths)
        coat = coat_differs(self._exposure.brightness)
        seeing = self._coat.note(least, coat, frame.taken_s, frame.taken_at)
        self.seeing = replace(seeing, light=self._sensitivity.in_words)

    def _box(self, thing: Thing, planes: Planes, background: BackgroundModel, gain: float) -> Box:
        if not thing.counts:
            return thing.rect.share(planes.coarse.shape)
        least = self._contrast + _FINE_MARGIN + _FINE_NOISE_FACTOR * self._denoiser.raw_sigma
        return tighten(planes, background, gain, least, thing.rect)

    def _step(self, frame: Frame, change: Change, planes: Planes, boxed: Sequence[tuple[Thing, Box]]) -> Step:
        tracks = tuple(as_track(thing, box, planes.coarse.shape) for thing, box in boxed)
        entering = {thing.id: thing.came_in for thing, _ in boxed}
        # At first neither the noise of the picture nor the wind in it is known: what moves then is shown, not told.
        known = frame.taken_s - self._began_s >= WARM_UP_S
        told = tracks if known else ()
        events = self._keeper.note(told, entering, frame.taken_s, frame.taken_at, self._motion.event_gap_s)
        dismissed = self._ledger.note(tracks, frame.taken_s, frame.taken_at, known=known)
        result = _result(change, planes, unsettled=self._settling.distrusting(frame.taken_s))
        return Step(events, tracks, result, dismissed, self._keeper.counting)

    def _learn(
        self, planes: Planes, coarse: Mat, background: BackgroundModel, gain: float, change: Change, now_s: float
    ) -> None:
        elapsed_s, contrast = now_s - self._last_s, self._contrast
        background.absorb(planes, gain, self._tracker.settled(now_s), elapsed_s)
        if self._settling.learning(now_s):
            background.relearn(planes, elapsed_s, contrast)
            self._exposure.forget()
        elif background.due(now_s):
            protected, sigma = self._tracker.protected(now_s), self._denoiser.sigma
            seen = Observation(planes, coarse, gain, change.moving, protected, now_s, contrast, sigma)
            if background.learn(seen):
                self._exposure.forget()


def well_visible(visible: Plane) -> Mat:
    """Return where on the coarse plane nothing is hidden as far as light is compared: (H, W) uint8, 0 or 1.

    Closer to a black edge a lamp would look like something that moves: its light ends there.

    Args:
        visible: as ``Frame.visible``.
    """
    whole = (split(visible).coarse == VISIBLE).astype(np.uint8)
    return cv2.erode(whole, np.ones((LIGHT_WINDOW, LIGHT_WINDOW), np.uint8))


def _result(change: Change, planes: Planes, *, unsettled: bool) -> MotionResult:
    shape = planes.coarse.shape
    size = shape[0] * shape[1]
    regions = tuple(Region(blob.rect.share(shape), min(blob.area / size, 1.0)) for blob in change.blobs)
    return MotionResult(regions, change.share, unsettled)
