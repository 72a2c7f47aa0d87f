package controlplane

import (
	"crypto/x509"
	"net/http"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/union"
	x509request "k8s.io/apiserver/pkg/authentication/request/x509"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/filters/impersonation"
	genericfeatures "k8s.io/apiserver/pkg/features"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"simk.dev/simk/sim/certificates"
)

// access is what a client from outside the process passes before the API answers: upstream's
// filters, which kube-apiserver has in its chain. Components in the process do not pass
// them; the transport says who they are.
type access struct{ config *genericapiserver.Config }

// authenticators find out who a client is: by the certificate of its connection, signed by
// the authority, or by the token of a ServiceAccount. Where RBAC decides, whoever shows
// neither is system:anonymous, as with kubeadm; else it is refused.
func authenticators(authority *certificates.Authority, tokens authenticator.Request, rbac bool) authenticator.Request {
	verify := x509request.DefaultVerifyOptions()
	verify.Roots = authority.Pool()
	known := group.NewAuthenticatedGroupAdder(union.New(x509request.NewDynamic(func() (x509.VerifyOptions, bool) { return verify, true },
		x509request.CommonNameUserConversion), tokens))
	if !rbac {
		return known
	}
	return union.NewFailOnError(known, anonymous.NewAuthenticator(nil))
}

// guard lets those in who may do what they ask for.
func (a *access) guard(next http.Handler) http.Handler {
	c := a.config
	h := genericapifilters.WithAuthorization(next, c.Authorization.Authorizer, c.Serializer)
	impersonate := impersonation.WithImpersonation
	if c.FeatureGate.Enabled(genericfeatures.ConstrainedImpersonation) {
		impersonate = impersonation.WithConstrainedImpersonation
	}
	h = impersonate(h, c.Authorization.Authorizer, c.Serializer)
	unauthorized := genericapifilters.Unauthorized(c.Serializer)
	h = genericapifilters.WithAuthentication(h, c.Authentication.Authenticator, unauthorized, c.Authentication.APIAudiences, nil)
	h = genericapifilters.WithRequestInfo(h, c.RequestInfoResolver)
	h = genericapifilters.WithRequestReceivedTimestamp(h)
	return genericapifilters.WithAuditInit(h)
}
