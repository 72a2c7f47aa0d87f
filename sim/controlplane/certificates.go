package controlplane

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/keyutil"
)

// authority is a certificate authority for one listener. Its key is nowhere but
// in this process.
type authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
	serial      int64
}

// Certificates are checked here against virtual time and by the client against
// its own, which may be years apart; they are worth nothing when the process ends.
var (
	validFrom  = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	validUntil = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

func newAuthority() (*authority, error) {
	a := &authority{}
	template := a.template(pkix.Name{CommonName: "simk-ca"})
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, key, err := a.sign(template, template, nil)
	if err != nil {
		return nil, err
	}
	a.key = key
	a.certificate, err = x509.ParseCertificate(der)
	return a, err
}

func (a *authority) template(subject pkix.Name) *x509.Certificate {
	a.serial++
	return &x509.Certificate{SerialNumber: big.NewInt(a.serial), Subject: subject, NotBefore: validFrom, NotAfter: validUntil}
}

// sign makes a key and a certificate for it; without a signer it signs itself.
func (a *authority) sign(template, parent *x509.Certificate, signer crypto.Signer) ([]byte, crypto.Signer, error) {
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

// serverConfig serves a certificate for loopback and demands one of ours.
func (a *authority) serverConfig() (*tls.Config, error) {
	template := a.template(pkix.Name{CommonName: "simk"})
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IPAddresses, template.DNSNames = []net.IP{net.ParseIP(apiserverIP)}, []string{"localhost"}
	der, key, err := a.sign(template, a.certificate, a.key)
	if err != nil {
		return nil, err
	}
	clients := x509.NewCertPool()
	clients.AddCert(a.certificate)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}

// kubeconfig is one for a client of the server at that URL.
func (a *authority) kubeconfig(server string) (*clientcmdapi.Config, error) {
	template := a.template(pkix.Name{CommonName: administrator.Name})
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, key, err := a.sign(template, a.certificate, a.key)
	if err != nil {
		return nil, err
	}
	keyPEM, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return nil, err
	}
	const name = "simk"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: certificatePEM(a.certificate.Raw)}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificateData: certificatePEM(der), ClientKeyData: keyPEM}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	return config, nil
}

func certificatePEM(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
