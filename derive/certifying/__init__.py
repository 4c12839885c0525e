"""Writing certificates: proofs as steps that the separate checker, `derive/certificate.py`, replays."""
