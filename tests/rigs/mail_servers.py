"""Debian's postfix and dovecot on loopback, from a private folder: what a client meets at a real provider."""

from __future__ import annotations

import imaplib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from string import Template
from typing import Final

import trustme

from pisecurity.settings import MailSettings
from tests.rigs.daemon import free_port, wait_for
from tests.rigs.smtp import ANNA, BEN, PASSWORD, SENDER, USER

BOX_PASSWORD: Final = "what anna types to read"
NEEDED: Final = ("/usr/sbin/postfix", "/usr/sbin/dovecot")
OWNER: Final = "nobody"
"""Whom the mailboxes belong to."""
SMALL_BYTES: Final = 12_000
"""Largest mail that the port for small mails takes."""
START_S, STOP_S = 30.0, 20.0

# Mail for example.org goes into folders below; all other mail is an error, so that nothing can leave this machine.
_POSTFIX = Template("""\
compatibility_level = 3.6
queue_directory = $folder/queue
data_directory = $folder/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file_prefixes = $folder
maillog_file = $folder/postfix.log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = localhost
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
default_transport = error:nothing leaves this machine
relay_transport = error:nothing leaves this machine
local_transport = error:nobody lives here
virtual_mailbox_domains = example.org
virtual_mailbox_base = $folder/boxes
virtual_mailbox_maps = inline:{ {anna@example.org=anna/}, {ben@example.org=ben/} }
virtual_minimum_uid = 1
virtual_uid_maps = static:$uid
virtual_gid_maps = static:$gid
virtual_mailbox_limit = 0
message_size_limit = 10240000
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = permit_sasl_authenticated, reject
smtpd_tls_chain_files = $folder/chain.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = $folder/auth
smtpd_sasl_security_options = noanonymous
""")
_SERVICES = Template("""\
127.0.0.1:$starttls inet n - n - - smtpd -o smtpd_tls_security_level=encrypt
127.0.0.1:$tls inet n - n - - smtpd -o smtpd_tls_wrappermode=yes
127.0.0.1:$login inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o smtpd_sasl_mechanism_filter=login
127.0.0.1:$small inet n - n - - smtpd -o smtpd_tls_security_level=encrypt -o message_size_limit=$small_bytes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
""")
_DOVECOT = Template("""\
base_dir = $folder/run
state_dir = $folder/run
log_path = $folder/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <$folder/chain.pem
ssl_key = <$folder/chain.pem
auth_mechanisms = plain login
mail_location = maildir:$folder/boxes/%n
mail_uid = $uid
mail_gid = $gid
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = passwd-file
  args = scheme=plain $folder/passwords
}
userdb {
  driver = static
  args = uid=$uid gid=$gid home=$folder/boxes/%n
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $imaps
  }
}
service auth {
  unix_listener $folder/auth {
    mode = 0600
    user = postfix
  }
}
""")


class MailServers:
    """A provider: four ports to hand mails in, and mailboxes to read.

    Each port but the first differs from it in one thing: TLS from the first byte, no mechanism but LOGIN, and a limit
    of SMALL_BYTES.
    """

    def __init__(self, folder: Path) -> None:
        """Write the settings of both servers.

        Args:
            folder: empty; every user must be able to enter it and those above.
        """
        self.folder = folder
        self.ports = {name: free_port() for name in ("starttls", "tls", "login", "small", "imaps")}
        self.ca_file = folder / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self.ca_file))
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(folder / "chain.pem"))
        owner = pwd.getpwnam(OWNER)
        values = {"folder": folder, "uid": owner.pw_uid, "gid": owner.pw_gid, "small_bytes": SMALL_BYTES, **self.ports}
        accounts = {USER: PASSWORD, ANNA: BOX_PASSWORD, BEN: BOX_PASSWORD}
        texts = {
            "postfix/main.cf": _POSTFIX.substitute(values),
            "postfix/master.cf": _SERVICES.substitute(values),
            "dovecot.conf": _DOVECOT.substitute(values),
            "passwords": "".join(f"{name}:{password}\n" for name, password in accounts.items()),
        }
        for name in ("postfix", "queue", "data", "run", "boxes"):
            (folder / name).mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text)
        shutil.chown(folder / "boxes", owner.pw_uid, owner.pw_gid)
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "passwords", "dovecot")
        (folder / "passwords").chmod(0o600)

    @property
    def log(self) -> str:
        """What both servers have told so far."""
        files = (self.folder / "postfix.log", self.folder / "dovecot.log")
        return "\n".join(file.read_text(errors="replace") for file in files if file.exists())

    def settings(self, port: str = "starttls", /, **changes: object) -> MailSettings:
        """Return what a client with the right account would use at one of the ports."""
        values: dict[str, object] = {
            "host": "localhost",
            "port": self.ports[port],
            "security": "tls" if port == "tls" else "starttls",
            "user": USER,
            "sender": SENDER,
            "to": (ANNA, BEN),
            "ca_file": str(self.ca_file),
        }
        return MailSettings.model_validate(values | changes)

    def mails(self, owner: str = ANNA) -> list[EmailMessage]:
        """Return what lies in the mailbox of *owner*, oldest first, as IMAP gives it."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        with imaplib.IMAP4_SSL("localhost", self.ports["imaps"], ssl_context=context, timeout=10) as client:
            client.login(owner, BOX_PASSWORD)
            client.select("INBOX", readonly=True)
            numbers = client.search(None, "ALL")[1][0].split()
            return [self._mail(client, number) for number in numbers]

    @staticmethod
    def _mail(client: imaplib.IMAP4_SSL, number: bytes) -> EmailMessage:
        found = client.fetch(number.decode(), "(RFC822)")[1][0]
        assert isinstance(found, tuple)
        message = message_from_bytes(found[1], policy=default)
        assert isinstance(message, EmailMessage)
        return message

    def answers(self) -> bool:
        """Return whether all ports take connections."""
        for port in self.ports.values():
            try:
                socket.create_connection(("127.0.0.1", port), 5).close()
            except OSError:
                return False
        return (self.folder / "auth").exists()


@contextmanager
def mail_servers(folder: Path) -> Iterator[MailServers]:
    """Run both servers in *folder*; they are stopped at the end whatever happens. Needs root, as postfix does."""
    missing = [file for file in NEEDED if not Path(file).exists()]
    if missing or os.geteuid() != 0:
        raise RuntimeError(f"needs root and Debian's mail servers {' '.join(missing)}: sudo make test-servers")
    servers = MailServers(folder)
    postfix = ["/usr/sbin/postfix", "-c", str(folder / "postfix")]
    with (folder / "starting.log").open("wb") as sink, ExitStack() as ends:
        ends.callback(subprocess.run, [*postfix, "stop"], stdout=sink, stderr=sink, timeout=STOP_S, check=False)
        subprocess.run([*postfix, "start"], stdout=sink, stderr=sink, timeout=START_S, check=False)
        command = ["/usr/sbin/dovecot", "-F", "-c", str(folder / "dovecot.conf")]
        dovecot = subprocess.Popen(command, stdout=sink, stderr=sink, start_new_session=True)
        ends.callback(dovecot.wait, STOP_S)
        ends.callback(os.killpg, dovecot.pid, signal.SIGTERM)
        try:
            wait_for("mail servers", servers.answers, START_S)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{(folder / 'starting.log').read_text()}\n{servers.log}") from None
        yield servers
