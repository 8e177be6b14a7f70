"""Django's classes that are generic for the type checker alone: here they can be subscripted."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth import forms as auth_forms
from django.forms.models import BaseInlineFormSet as DjangoInlineFormSet

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin, StackedInline, TabularInline
    from django.contrib.auth.forms import BaseUserCreationForm
    from django.forms import ModelForm
    from django.forms.models import BaseInlineFormSet
else:

    class _Subscriptable:
        def __class_getitem__(cls, item: Any) -> type:
            return cls

    class ModelAdmin(_Subscriptable, admin.ModelAdmin): ...

    class TabularInline(_Subscriptable, admin.TabularInline): ...

    class StackedInline(_Subscriptable, admin.StackedInline): ...

    class ModelForm(_Subscriptable, forms.ModelForm): ...

    class BaseInlineFormSet(_Subscriptable, DjangoInlineFormSet): ...

    class BaseUserCreationForm(_Subscriptable, auth_forms.BaseUserCreationForm): ...


__all__ = [
    "BaseInlineFormSet",
    "BaseUserCreationForm",
    "ModelAdmin",
    "ModelForm",
    "StackedInline",
    "TabularInline",
]
