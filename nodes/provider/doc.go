// Package provider signs people in by accounts that they have elsewhere: by OpenID
// Connect, and by OAuth 2 where a provider has an address that says who somebody is. It
// owns the exchange with the provider, and the sign-ins that are under way; whose an
// identity is, identity knows. The node types identity.* live here, too, since users
// come later in the order of groups than identities.
//
// See IMPL.md of nodes.
package provider
