"""What people do with their own account."""

import strawberry

from auth.permissions import Gate
from resolvers import addresses, api_tokens, profiles, second_factor
from schema.addresses import (
    CreateAddressInput,
    CreateAddressResult,
    DeleteAddressInput,
    DeleteAddressResult,
    UpdateAddressInput,
    UpdateAddressResult,
)
from schema.api_tokens import (
    CreateApiTokenInput,
    CreateApiTokenResult,
    RevokeApiTokenInput,
    RevokeApiTokenResult,
    RotateApiTokenInput,
    RotateApiTokenResult,
)
from schema.declare import mutation
from schema.profiles import DeleteMyAccountInput, DeleteMyAccountResult, UpdateProfileInput, UpdateProfileResult
from schema.second_factor import (
    BeginTotpInput,
    BeginTotpResult,
    ConfirmTotpInput,
    ConfirmTotpResult,
    DisableTotpInput,
    DisableTotpResult,
    ReplaceRecoveryCodesInput,
    ReplaceRecoveryCodesResult,
)


@strawberry.type
class OwnAccountMutations:
    """Fields of the root of changes."""

    update_profile: UpdateProfileResult | None = mutation(
        profiles.update_profile,
        "Change what one's own account tells.",
        input=UpdateProfileInput,
        requires=Gate.SIGNED_IN,
    )
    delete_my_account: DeleteMyAccountResult | None = mutation(
        profiles.delete_my_account,
        "Delete one's own account, for good. What the books need stays, under no name.",
        input=DeleteMyAccountInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    create_address: CreateAddressResult | None = mutation(
        addresses.create_address,
        "Add an entry to one's own address book.",
        input=CreateAddressInput,
        requires=Gate.SIGNED_IN,
    )
    update_address: UpdateAddressResult | None = mutation(
        addresses.update_address,
        "Change an entry of one's own address book, or make it the default.",
        input=UpdateAddressInput,
        requires=Gate.SIGNED_IN,
    )
    delete_address: DeleteAddressResult | None = mutation(
        addresses.delete_address,
        "Take an entry out of one's own address book.",
        input=DeleteAddressInput,
        requires=Gate.SIGNED_IN,
    )
    begin_totp: BeginTotpResult | None = mutation(
        second_factor.begin_totp,
        "Make a secret for an authenticator app. Nothing asks for its codes before it is confirmed.",
        input=BeginTotpInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    confirm_totp: ConfirmTotpResult | None = mutation(
        second_factor.confirm_totp,
        "Turn the second factor on with a first code of the app.",
        input=ConfirmTotpInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    disable_totp: DisableTotpResult | None = mutation(
        second_factor.disable_totp,
        "Turn the second factor off.",
        input=DisableTotpInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    replace_recovery_codes: ReplaceRecoveryCodesResult | None = mutation(
        second_factor.replace_recovery_codes,
        "Make new recovery codes. The old ones are dead then.",
        input=ReplaceRecoveryCodesInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    create_api_token: CreateApiTokenResult | None = mutation(
        api_tokens.create_api_token,
        "Make a token with which a machine acts for one's own account.",
        input=CreateApiTokenInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    rotate_api_token: RotateApiTokenResult | None = mutation(
        api_tokens.rotate_api_token,
        "Make a token that takes the place of another, which goes on for a day.",
        input=RotateApiTokenInput,
        requires=Gate.SIGNED_IN,
        attempt=True,
    )
    revoke_api_token: RevokeApiTokenResult | None = mutation(
        api_tokens.revoke_api_token,
        "End one of one's own API tokens at once.",
        input=RevokeApiTokenInput,
        requires=Gate.SIGNED_IN,
    )
