"""People of the desk and their sessions."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from kogorta.desk.people.permissions import Role


class People(BaseUserManager["User"]):
    """How users are looked up."""

    def get_by_natural_key(self, username: str | None) -> User:
        """A user by e-mail, however it is capitalised."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person who works at the desk; the e-mail, in small letters, is the name to sign in with."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=10, choices=[(role.value, role.value) for role in Role])
    language = models.CharField(max_length=2, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name", "role"]
    objects: ClassVar[People] = People()

    class Meta:
        """In the order of names."""

        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Session(AbstractBaseSession):
    """A signed-in browser, with what its owner needs to recognise it."""

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    address = models.GenericIPAddressField(null=True)
    browser = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(auto_now=True)

    objects: ClassVar = BaseSessionManager()

    class Meta(AbstractBaseSession.Meta):
        """Its table is its own, not the one of Django."""

        abstract = False

    @classmethod
    def get_session_store_class(cls) -> type:
        """The store that reads and writes these rows."""
        from kogorta.desk.people.sessions import SessionStore

        return SessionStore


class Invitation(models.Model):
    """A link that works once: it makes a new person, or lets a known one choose a new password.

    Args of a row: `digest` is the hash of the token in the link, which is shown once and kept nowhere; `user` is set for a new password.
    """

    digest = models.CharField(max_length=64, unique=True)
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    invited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        """Newest first."""

        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"
