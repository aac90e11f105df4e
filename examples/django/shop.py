"""A service of Django REST framework whose view wants a token of Sereno and a permission."""

# pip install django djangorestframework "pyjwt[crypto]" requests
import os
import sys

import django
from django.conf import settings

SERENO = os.environ["SERENO"]
CLIENT = ("shop", os.environ["SERENO_SECRET"])  # an application with the scope access:check

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="-", ALLOWED_HOSTS=["*"], DEBUG=False,
                   REST_FRAMEWORK={"UNAUTHENTICATED_USER": None})
django.setup()

import jwt
import requests
from django.urls import path
from rest_framework import authentication, exceptions, permissions
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.response import Response

KEYS = jwt.PyJWKClient(f"{SERENO}/.well-known/jwks.json")


class Caller:
    is_authenticated = True

    def __init__(self, claims):
        self.id = claims["sub"]


class SerenoToken(authentication.BaseAuthentication):
    """The access token is checked here, by the public keys, without asking Sereno."""

    def authenticate(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = KEYS.get_signing_key_from_jwt(token)
            claims = jwt.decode(token, key, algorithms=["EdDSA"], issuer=SERENO, audience=SERENO,
                                options={"require": ["exp", "sub"]})
        except jwt.PyJWTError as error:
            raise exceptions.AuthenticationFailed("invalid_token") from error
        return Caller(claims), token

    def authenticate_header(self, request):
        return "Bearer"


def may(permission, project=None):
    """The permission is asked for, so that what staff takes away is gone at once."""

    class May(permissions.IsAuthenticated):
        def has_permission(self, request, view):
            if not super().has_permission(request, view):
                return False
            question = {"permission": permission, "user": request.user.id}
            if project:
                question["project"] = project
            answer = requests.post(f"{SERENO}/api/v1/check", json=question, auth=CLIENT, timeout=5)
            answer.raise_for_status()
            return answer.json()["allowed"]

    return May


@api_view(["POST"])
@authentication_classes([SerenoToken])
@permission_classes([may("shop.sell")])
def sell(request):
    return Response({"sold_by": request.user.id})


urlpatterns = [path("sell", sell)]

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
