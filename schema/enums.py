"""Closed sets as GraphQL enums. Their values are stored as their names."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import strawberry

import models
from auth import permissions, previews
from domain import checkout_errors, database_health, promotions, review_rules, stock, trash
from resolvers.paths import PathStatus
from resolvers.refresh_cookies import RefreshTokenPlace

DESCRIPTIONS: Mapping[type[StrEnum], str] = MappingProxyType(
    {
        models.AnalyticsPeriod: "A length of time; weeks begin on Monday.",
        models.ActorKind: "What kind of actor changed something.",
        models.AuditAction: "What happened to a row.",
        models.BackorderPolicy: "Whether a variant sells on when its stock is used up.",
        models.Badge: "A label on a product's card.",
        models.BillingPeriod: "How often a tier's price is due.",
        models.DiscountType: "How much a promotion code takes off: a percentage, or an amount of money.",
        models.ModerationStatus: "Whether a review may be read; only approved ones count for the rating.",
        models.MovementKind: "Why the units of a variant changed.",
        models.FindingKind: "What is wrong with an item that is out.",
        models.FulfillmentStatus: "How much of an order is in parcels, and how far they all are.",
        models.OrderEventKind: "What an entry of an order's history is about.",
        models.OrderStatus: "Where an order stands.",
        models.ParcelStatus: "How far a parcel is.",
        models.PaymentStatus: "How much of an order is paid.",
        models.PaymentKind: "How a customer pays.",
        models.PaymentState: "How far a payment is.",
        models.EventOutcome: "What became of a provider's message.",
        models.TransactionKind: "A step of a payment.",
        models.TransactionState: "What became of a step.",
        models.Role: "What an account is for; its permissions follow from it.",
        previews.PreviewedType: "What may have drafts that previews show.",
        models.PublishingStatus: "Where a post stands on its way to its readers.",
        models.ReleaseAction: "What a release does to an item.",
        models.ReleaseStatus: "Where a release stands.",
        models.SecurityEvent: "What happened to an account.",
        models.SessionEnd: "Why a session ended before its time.",
        models.ServiceType: "What kind of work a service is.",
        models.ShippingRateKind: "How the price of shipping is found.",
        models.SocialProvider: "Who vouches for people: OPENID is the provider that the shop describes itself.",
        review_rules.ModerationOutcome: "What became of the judgement of one review.",
        checkout_errors.CheckoutDetail: "What has to be known before an order can be placed.",
        promotions.SkipReason: "Why a promotion code takes nothing off.",
        PathStatus: "What is at a path: something, what has moved and is to be redirected with 301, or nothing (404).",
        RefreshTokenPlace: "Where a client keeps its refresh token: in the answer's payload, or a browser in a cookie.",
        database_health.StatementsAbsence: "Why the database does not tell which statements are slow.",
        trash.TrashOutcome: "What became of an item that was to go into the trash, or out of it.",
        stock.StockStatus: "What a shop window says about stock.",
    }
)

for closed_set, description in DESCRIPTIONS.items():
    strawberry.enum(closed_set, description=description)

declared_permissions: Any = strawberry.enum(permissions.Permission, description="What roles and API tokens allow.")
for value in declared_permissions.__strawberry_definition__.values:
    value.description = permissions.Permission[value.name].description

ActorKind = models.ActorKind
AnalyticsPeriod = models.AnalyticsPeriod
FindingKind = models.FindingKind
FulfillmentStatus = models.FulfillmentStatus
OrderEventKind = models.OrderEventKind
OrderStatus = models.OrderStatus
ParcelStatus = models.ParcelStatus
PaymentKind = models.PaymentKind
PaymentStatus = models.PaymentStatus
AuditAction = models.AuditAction
BackorderPolicy = models.BackorderPolicy
Badge = models.Badge
BillingPeriod = models.BillingPeriod
DiscountType = models.DiscountType
EventOutcome = models.EventOutcome
PaymentState = models.PaymentState
Permission = permissions.Permission
ModerationOutcome = review_rules.ModerationOutcome
ModerationStatus = models.ModerationStatus
MovementKind = models.MovementKind
PreviewedType = previews.PreviewedType
PublishingStatus = models.PublishingStatus
ReleaseAction = models.ReleaseAction
ReleaseStatus = models.ReleaseStatus
Role = models.Role
SecurityEvent = models.SecurityEvent
SessionEnd = models.SessionEnd
ServiceType = models.ServiceType
ShippingRateKind = models.ShippingRateKind
SkipReason = promotions.SkipReason
SocialProvider = models.SocialProvider
StatementsAbsence = database_health.StatementsAbsence
StockStatus = stock.StockStatus
TrashOutcome = trash.TrashOutcome
CheckoutDetail = checkout_errors.CheckoutDetail
TransactionKind = models.TransactionKind
TransactionState = models.TransactionState
