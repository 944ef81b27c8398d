import pytest

from backend.core.addresses import known_address, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        (None, "unknown"),
    ],
)
def test_one_client_is_counted_as_one(address: str | None, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("said", "kept"), [("192.0.2.7", "192.0.2.7"), ("<script>", None), ("", None), (None, None)]
)
def test_what_is_no_address_is_not_kept(said: str | None, kept: str | None) -> None:
    assert known_address(said) == kept
