"""Addresses that people give may only lead to the public internet, or where an operator says."""

import pytest

from backend.core.outgoing_addresses import OutgoingAddresses

PUBLIC = (
    "93.184.215.14",
    "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "64:ff9b::5db8:d70e",
    "::ffff:93.184.215.14",
)
NOT_PUBLIC = (
    "0.0.0.0",  # noqa: S104  # nothing listens here
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_reached(address: str) -> None:
    assert OutgoingAddresses().allow(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_other_address_may_be_reached(address: str) -> None:
    assert not OutgoingAddresses().allow(address)


def test_a_network_that_an_operator_names_may_be_reached() -> None:
    addresses = OutgoingAddresses(["10.1.0.0/16", "fd12::/16"])

    assert addresses.allow("10.1.2.3")
    assert addresses.allow("fd12::1")
    assert addresses.allow("93.184.215.14")
    assert not addresses.allow("10.2.0.1")
    assert not addresses.allow("::ffff:10.2.0.1")
    assert not addresses.are_internal("93.184.215.14")


def test_only_of_addresses_it_is_known_before_they_are_resolved() -> None:
    addresses = OutgoingAddresses()

    assert addresses.allow_host("hooks.example.com")
    assert addresses.allow_host("[2606:2800:21f:cb07:6820:80da:af6b:8b2c]")
    assert not addresses.allow_host("[::1]")
    assert not addresses.allow_host("10.0.0.1")
    assert not addresses.allow_host("LOCALHOST.")
    assert OutgoingAddresses(["127.0.0.0/8"]).allow_host("localhost")


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match=r"10\.1\.0\.0/99"):
        OutgoingAddresses(["10.1.0.0/99"])
