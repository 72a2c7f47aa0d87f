package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	serviceaccountcontroller "k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

// issuer is who issues the tokens of ServiceAccounts.
const issuer = "https://simk.invalid"

// audiences are those that a token must be for to open this API.
var audiences = authenticator.Audiences{issuer}

// maxTokenLife bounds the life of a token, as kube-apiserver does.
const maxTokenLife = 24 * time.Hour * 365

// issueTokens lets an interactive cluster issue tokens of ServiceAccounts, with a key of its own
// that is written nowhere, and returns who knows them again: clients may show them, and
// TokenReviews ask for them.
func issueTokens(opts *options.CompletedOptions, config *restclient.Config, shared informers.SharedInformerFactory) (
	authenticator.Request, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	if opts.ServiceAccountIssuer, err = serviceaccount.JWTTokenGenerator(issuer, key); err != nil {
		return nil, err
	}
	opts.ServiceAccountTokenMaxExpiration = maxTokenLife
	keys, err := serviceaccount.StaticPublicKeysGetter([]any{&key.PublicKey})
	if err != nil {
		return nil, err
	}
	opts.Authentication.ServiceAccounts.ExternalPublicKeysGetter = keys // for who verifies tokens himself: /openid/v1/jwks
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	core, hooks := shared.Core().V1(), shared.Admissionregistration().V1()
	getter := serviceaccountcontroller.NewGetterFromClient(client, core.Secrets().Lister(), core.ServiceAccounts().Lister(),
		core.Pods().Lister(), core.Nodes().Lister(),
		hooks.ValidatingWebhookConfigurations().Lister(), hooks.MutatingWebhookConfigurations().Lister())
	return bearertoken.New(serviceaccount.JWTTokenAuthenticator([]string{issuer}, keys, audiences, serviceaccount.NewValidator(getter))), nil
}
