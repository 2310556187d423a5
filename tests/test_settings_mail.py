from __future__ import annotations

import pytest

from pisecurity.settings import MailSettings
from tests.rigs.smtp import ANNA, SENDER


@pytest.mark.parametrize("host", ["smtp.example.org", "192.168.1.9", "localhost.example.org"])
def test_plain_is_only_for_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="plain is only for a server on this machine"):
        MailSettings(host=host, security="plain", sender=SENDER, to=(ANNA,))


@pytest.mark.parametrize(
    "address", ["anna", "anna@", "@example.org", "a b@example.org", "Anna <anna@example.org>", "anna@ex..org",
                "a@example.org,b@example.org", "anna@example.org\r\nBcc: x@y.org", "ännä@example.org"],
)  # fmt: skip
def test_s24_implausible_addresses_are_mistakes(address: str) -> None:
    with pytest.raises(ValueError, match=r"one mail address|one line"):
        MailSettings(host="smtp.example.org", sender=SENDER, to=(ANNA, address))
    with pytest.raises(ValueError, match=r"one mail address|one line"):
        MailSettings(host="smtp.example.org", sender=address, to=(ANNA,))


@pytest.mark.parametrize(
    ("address", "fix"),
    [
        ("anna@müller.example", r"beginning xn--, here anna@xn--mller-kva\.example$"),
        ("anna@日本.example", r"beginning xn--, here anna@xn--wgv71a\.example$"),
        ("anna@straße.example", "beginning xn--$"),
        ("anna@mü..example", "beginning xn--$"),
        ("ännä@müller.example", "without letters beyond ASCII before the @, which hardly any mail server takes$"),
    ],
)
def test_letters_that_mail_servers_do_not_know_are_told_with_what_to_write(address: str, fix: str) -> None:
    with pytest.raises(ValueError, match=f"give one mail address .*{fix}".replace("$", r"(?= \[|$)")):
        MailSettings(host="smtp.example.org", sender=SENDER, to=(address,))


def test_a_server_with_such_letters_is_told_with_what_to_write() -> None:
    with pytest.raises(ValueError, match=r"such as smtp.example.org, here smtp\.xn--mller-kva\.example;"):
        MailSettings(host="smtp.müller.example", sender=SENDER, to=(ANNA,))


def test_a_domain_as_mail_servers_know_it_is_taken() -> None:
    settings = MailSettings(host="smtp.example.org", sender="pi@xn--mller-kva.example", to=("anna@xn--wgv71a.example",))
    assert settings.to == ("anna@xn--wgv71a.example",)


@pytest.mark.parametrize("host", ["smtp.example.org:587", "https://smtp.example.org", "smtp example", "a\r\nb"])
def test_host_is_only_a_name(host: str) -> None:
    with pytest.raises(ValueError, match=r"only the name|one line"):
        MailSettings(host=host, sender=SENDER, to=(ANNA,))


def test_a_second_contact_is_somebody_else() -> None:
    with pytest.raises(ValueError, match="anna@example.org is in mail.to already and gets every alarm at once"):
        MailSettings(host="smtp.example.org", sender=SENDER, to=(ANNA,), second_to=(ANNA,))
