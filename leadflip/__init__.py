"""Leadflip Distribution: hands each lead to the right partner."""

VERSION = "0.1.0"
