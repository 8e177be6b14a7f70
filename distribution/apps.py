from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DistributionConfig(AppConfig):
    name = "distribution"
    verbose_name = _("Distribution")

    def ready(self) -> None:
        from delivery import destinations
        from delivery.readmission import register_readmission
        from delivery.signals import job_settled
        from distribution import (
            answers,
            callbacks,
            matters,  # noqa: F401 - it registers what it holds
        )
        from distribution.cap_uses import Uses
        from distribution.intake.reader import Reader
        from distribution.routing import after
        from partners.mended import register_mended
        from partners.sheet import register_reader
        from partners.used import register_use_reader
        from portal.signals import entry_answered

        register_reader(Reader())
        register_use_reader(Uses())
        register_mended(destinations.mended)
        register_readmission(after.Readmit())
        job_settled.connect(after.settled, dispatch_uid="distribution.after")
        entry_answered.connect(answers.answered, dispatch_uid="distribution.answers")
        entry_answered.connect(callbacks.answered, dispatch_uid="distribution.callbacks")
