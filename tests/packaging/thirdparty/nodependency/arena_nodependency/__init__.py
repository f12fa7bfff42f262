"""A plugin that lacks a module."""
