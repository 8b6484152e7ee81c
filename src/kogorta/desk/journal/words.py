"""What each deed in the journal is called. A room that records a new one adds its line; a test asks for it."""

from __future__ import annotations

from typing import Final

from kogorta.kit.language import message

DEEDS: Final[dict[str, str]] = {
    "company.changed": message("Changed the settings of the company"),
    "consent.recorded": message("Recorded a consent or a refusal"),
    "import.accepted": message("Accepted a file"),
    "import.loaded": message("A file came into the base"),
    "import.removed": message("Deleted a file"),
    "import.sent": message("Sent a file"),
    "import.undo_asked": message("Asked to undo an import"),
    "import.undone": message("A file was taken out of the base"),
    "invitation.revoked": message("Took an invitation back"),
    "job.cancelled": message("Stopped a job"),
    "job.retried": message("Started a job again"),
    "person.erased": message("A person's data were erased"),
    "person.erasure_asked": message("Asked to erase a person's data"),
    "person.exported": message("Downloaded everything kept of one person"),
    "report.asked": message("Asked for a report"),
    "report.deleted": message("Deleted a report"),
    "report.downloaded": message("Downloaded a table of a report"),
    "report.made": message("A report is ready"),
    "report.schedule_deleted": message("Deleted a schedule of reports"),
    "report.scheduled": message("Let reports be made by themselves"),
    "segment.deleted": message("Deleted a segment"),
    "segment.exported": message("Downloaded a list of customers"),
    "segment.frozen": message("Froze a segment as a list"),
    "segment.saved": message("Saved a segment"),
    "session.ended": message("Signed out of another browser"),
    "subscription.deleted": message("Deleted a subscription to moves"),
    "subscription.made": message("Subscribed an address to moves"),
    "subscription.switched": message("Paused or resumed a subscription to moves"),
    "token.created": message("Made a token for another program"),
    "token.revoked": message("Revoked a token"),
    "user.created": message("Came to the desk"),
    "user.invited": message("Invited a person"),
    "user.password_changed": message("Changed the password"),
    "user.password_link_made": message("Made a link for a new password"),
    "user.recovery_code_used": message("Signed in with a recovery code"),
    "user.recovery_codes_made": message("Made new recovery codes"),
    "user.renamed": message("Changed the name"),
    "user.role_changed": message("Changed a role"),
    "user.signed_in": message("Signed in"),
    "user.signed_out": message("Signed out"),
    "user.switched_off": message("Switched a person off"),
    "user.switched_on": message("Switched a person on"),
    "user.two_factor_off": message("Turned two-factor sign-in off"),
    "user.two_factor_on": message("Turned two-factor sign-in on"),
}
