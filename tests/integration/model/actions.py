"""What the user may do next, chosen at random. An action that would make the right outcome a matter of taste is not
offered: the conditions say which."""

from model.state import GONE, NAMESPACES

LEAST, MOST = 10, 12


class Actions:
    def __init__(self, random, model, user):
        self.random, self.model, self.user = random, model, user
        self.hidden_edge_hub = None  # the namespace whose edgehub has vanished for some actions

    # Who may be meant.

    def _living(self, allowed=lambda slot: True):
        return [slot for slot in self.model.living() if allowed(slot)]

    def _lacks_its_map(self, slot):
        return self.model.module_log(slot)[-1] is GONE

    def _whole(self, slot):
        """Has not lost its ConfigMap since all was quiet: it may be ended, scaled and paused."""
        return GONE not in self.model.module_log(slot)

    def _may_lose_its_map(self, slot):
        """It stands on its hubs with the ConfigMap, and nothing but edits has happened to it since all was quiet."""
        model = self.model
        counts = model.replicas(slot)
        return (
            isinstance(model.module_log(slot)[0], int)
            and self._whole(slot)
            and GONE not in model.edge_hub_log(slot)
            and not model.was_ended(slot)
            and not any(said.paused for said in model.deployments[slot])
            and set(counts) == {len(model.holders[slot])}
            and counts[0] > 0
        )

    def _choices(self):
        """(weight, name, those it may concern, what is done to one of them)."""
        model, user, pick = self.model, self.user, self.random.choice
        count = len(model.living())
        any_one, whole = self._living(), self._living(self._whole)
        unpaused = self._living(lambda slot: not model.said(slot).paused)
        paused = self._living(lambda slot: model.said(slot).paused)
        missing = model.missing()
        return [
            (12 if count < LEAST else 2 if count < MOST else 0, "create", missing, self._create),
            (6, "set image", any_one, user.set_image),
            (2, "undo", self._living(self._has_earlier), self._undo),
            (3, "set condition", any_one, lambda slot: user.set_condition(slot, pick(slot.conditions))),
            (3, "set priority", any_one, lambda slot: user.set_priority(slot, self.random.randint(1, 40))),
            (2, "label", any_one, user.set_note),
            (2, "restart", unpaused, user.restart),
            (5, "set ConfigMap", any_one, user.set_module),
            (2, "delete ConfigMap", self._living(self._may_lose_its_map), self._lose_map),
            (2, "set edgehub", [n for n in NAMESPACES if n != self.hidden_edge_hub], user.set_edge_hub),
            (1, "delete edgehub", self._with_edge_hub(), self._hide_edge_hub),
            (3, "restore edgehub", [self.hidden_edge_hub] if self.hidden_edge_hub else [], self._restore_edge_hub),
            (5, "scale", whole, lambda slot: user.scale(slot, pick((0, 1, 1, 2, 2)))),
            (2, "pause", [slot for slot in unpaused if self._whole(slot)], lambda slot: user.pause(slot, True)),
            (3, "set image of a paused one", paused, user.set_image),
            (2, "resume", paused, lambda slot: user.pause(slot, False)),
            (2 if count > LEAST else 0, "delete", whole, user.delete),
            (1 if count > LEAST else 0, "delete foreground", whole, lambda slot: user.delete(slot, "Foreground")),
            (2 if missing else 0, "rename", whole, self._rename),
            (1, "recreate", whole, user.recreate),
            (2, "evict", any_one, user.evict),
            (1, "noise", [None], lambda _: user.make_noise()),
        ]

    # Those that need more than one step.

    def _create(self, slot):
        if self.random.random() < 0.5:
            self.user.set_module(slot)
        replicas = self.random.choice((1, 1, 2))
        self.user.create(slot, self.random.choice(slot.conditions), self.random.randint(1, 40), replicas)

    def _has_earlier(self, slot):
        return len({said.image for said in self.model.deployments[slot] if said}) > 1

    def _undo(self, slot):
        images = [said.image for said in self.model.deployments[slot] if said]
        self.user.set_image(slot, next(image for image in reversed(images) if image != images[-1]))

    def _lose_map(self, slot):
        self.user.delete_config_map(slot.namespace, slot.module)

    def _with_edge_hub(self):
        """Namespaces whose edgehub may go: one at a time, and it comes back before the round ends."""
        if self.hidden_edge_hub:
            return []
        return [
            namespace
            for namespace in NAMESPACES
            if isinstance(self.model.config_maps[namespace, "edgehub"][-1], int)
            and not any(self._lacks_its_map(slot) for slot in self.model.living() if slot.namespace == namespace)
        ]

    def _hide_edge_hub(self, namespace):
        self.hidden_edge_hub = namespace
        self.user.delete_config_map(namespace, "edgehub")

    def _restore_edge_hub(self, namespace):
        self.hidden_edge_hub = None
        self.user.set_edge_hub(namespace)

    def _rename(self, slot):
        self.user.rename(slot, self.random.choice(self.model.missing()))

    # A round.

    def act(self):
        """Does one thing; returns its description."""
        choices = [choice for choice in self._choices() if choice[0] and choice[2]]
        _, name, targets, do = self.random.choices(choices, [choice[0] for choice in choices])[0]
        target = self.random.choice(targets)
        do(target)
        return f"{name} {getattr(target, 'key', target) or ''}".rstrip()

    def begin(self):
        """Puts right what the round before has left: a ConfigMap that is missing comes back. Returns descriptions."""
        done = []
        for slot in self._living(self._lacks_its_map):
            self.user.set_module(slot)
            done.append(f"restore ConfigMap {slot.key}")
        for namespace in NAMESPACES if not any(self.model.living()) else ():
            self.user.set_edge_hub(namespace)
            done.append(f"set edgehub {namespace}")
        while len(self.model.living()) < LEAST:
            slot = self.random.choice(self.model.missing())
            self._create(slot)
            done.append(f"create {slot.key}")
        return done

    def end(self):
        """An edgehub that has vanished comes back. Returns descriptions."""
        namespace = self.hidden_edge_hub
        if not namespace:
            return []
        self._restore_edge_hub(namespace)
        return [f"restore edgehub {namespace}"]
