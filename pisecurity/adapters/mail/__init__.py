"""Mail by SMTP: sent, examined, explained; and the mailbox of the demo."""
