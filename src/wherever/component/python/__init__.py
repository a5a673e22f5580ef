"""A component's interfaces as Python has them: functions, classes, exceptions."""
