// Package certificates makes the certificates by which a live cluster's listeners
// on loopback and their clients know each other.
//
//	authority, err := certificates.New()
//	config, err := authority.Server("h2")
//	client, err := authority.Client("simk-admin")
//
// An authority lives as long as the process; its key is nowhere else.
package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"sync/atomic"
	"time"

	"k8s.io/client-go/util/keyutil"
)

// Authority is a certificate authority for one listener.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	serial      atomic.Int64 // of the last certificate
}

// Client is what a client shows, as PEM texts.
type Client struct{ CA, Certificate, Key []byte }

// Certificates are checked here against virtual time and by the client against
// its own, which may be years apart; they are worth nothing when the process ends.
var (
	validFrom  = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// New makes an authority.
func New() (*Authority, error) {
	a := &Authority{}
	template := a.template(pkix.Name{CommonName: "simk-ca"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, key, err := a.sign(template, template, nil)
	if err != nil {
		return nil, fmt.Errorf("make a certificate authority: %w", err)
	}
	a.key = key
	a.certificate, err = x509.ParseCertificate(der)
	return a, err
}

// CA is the authority's certificate, as PEM text.
func (a *Authority) CA() []byte { return toPEM(a.certificate.Raw) }

// Pool holds the authority's certificate alone.
func (a *Authority) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// Server serves a certificate for loopback, over the protocols of these ALPN names, and
// demands one of this authority's.
func (a *Authority) Server(protocols ...string) (*tls.Config, error) {
	template := a.template(pkix.Name{CommonName: "simk"})
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IPAddresses, template.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	der, key, err := a.sign(template, a.certificate, a.key)
	if err != nil {
		return nil, fmt.Errorf("make a server's certificate: %w", err)
	}
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    a.Pool(),
		NextProtos:   protocols,
	}, nil
}

// Client makes the certificate of a client, who has that name and is in these groups.
func (a *Authority) Client(name string, groups ...string) (*Client, error) {
	template := a.template(pkix.Name{CommonName: name, Organization: groups})
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, key, err := a.sign(template, a.certificate, a.key)
	if err != nil {
		return nil, fmt.Errorf("make a client's certificate: %w", err)
	}
	text, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, fmt.Errorf("make a client's certificate: %w", err)
	}
	return &Client{CA: a.CA(), Certificate: toPEM(der), Key: text}, nil
}

func (a *Authority) template(subject pkix.Name) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(a.serial.Add(1)), Subject: subject, NotBefore: validFrom, NotAfter: validUntil}
}

// sign makes a key and a certificate for it; without a signer it signs itself.
func (a *Authority) sign(template, parent *x509.Certificate, signer crypto.Signer) ([]byte, crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	return der, key, err
}

func toPEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
