package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	restclient "k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	serviceaccountcontroller "k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

// issuer is who issues the tokens of ServiceAccounts.
const issuer = "https://simk.invalid"

// maxTokenLife bounds the life of a token, as kube-apiserver does.
const maxTokenLife = 24 * time.Hour * 365

// issueTokens lets an interactive cluster issue tokens of ServiceAccounts and review them, with
// a key of its own that is written nowhere. They open no door: the listener asks for a
// client certificate.
func issueTokens(opts *options.CompletedOptions, c *genericapiserver.Config, config *restclient.Config, shared informers.SharedInformerFactory) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if opts.ServiceAccountIssuer, err = serviceaccount.JWTTokenGenerator(issuer, key); err != nil {
		return err
	}
	opts.ServiceAccountTokenMaxExpiration = maxTokenLife
	keys, err := serviceaccount.StaticPublicKeysGetter([]any{&key.PublicKey})
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	core, hooks := shared.Core().V1(), shared.Admissionregistration().V1()
	getter := serviceaccountcontroller.NewGetterFromClient(client, core.Secrets().Lister(), core.ServiceAccounts().Lister(), core.Pods().Lister(), core.Nodes().Lister(),
		hooks.ValidatingWebhookConfigurations().Lister(), hooks.MutatingWebhookConfigurations().Lister())
	audiences := authenticator.Audiences{issuer}
	tokens := serviceaccount.JWTTokenAuthenticator([]string{issuer}, keys, audiences, serviceaccount.NewValidator(getter))
	c.Authentication.APIAudiences = audiences
	c.Authentication.Authenticator = bearertoken.New(tokens)
	return nil
}
