"""Programs that go on when the command that started them has returned."""
