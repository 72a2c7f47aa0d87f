package cli

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"simk.dev/simk/sim/clock"
)

func init() { commands["webhook"] = func() { os.Exit(serveWebhooks(os.Args[1:])) } }

// serveWebhooks is a server of webhooks, as a program of its own. It writes its
// certificate into the files, where CABUNDLE stands in them:
//
//	webhook ADDRESS FILE...
func serveWebhooks(args []string) int {
	clock.Live(context.Background())
	certificate, ca, err := webhookCertificate()
	for _, file := range args[1:] {
		var b []byte
		if b, err = os.ReadFile(file); err == nil {
			err = os.WriteFile(file, []byte(strings.ReplaceAll(string(b), "CABUNDLE", base64.StdEncoding.EncodeToString(ca))), 0o600)
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for path, decide := range map[string]decision{"mutate": mutate, "deny": deny, "slow": slow, "ask": ask} {
		http.HandleFunc("POST /"+path, func(w http.ResponseWriter, r *http.Request) { review(w, r, decide) })
	}
	http.HandleFunc("POST /convert", convertBackups)
	http.Handle("POST /away", http.RedirectHandler("https://192.0.2.1/deny", http.StatusTemporaryRedirect))
	listener, err := tls.Listen("tcp", args[0], &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println("listening")
	fmt.Fprintln(os.Stderr, http.Serve(listener, nil))
	return 1
}

// webhookCertificate is valid for ten minutes of real time, and for a Service too.
func webhookCertificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	now := clock.Wall()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "webhook"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(10 * time.Minute),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost", "hook.default.svc"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

// decision answers a review: with words that deny, or with a patch, or with neither.
type decision func(context.Context, *admissionv1.AdmissionRequest) (no, patch string)

func review(w http.ResponseWriter, r *http.Request, decide decision) {
	var asked admissionv1.AdmissionReview
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Println(r.URL.Path, "asked about", asked.Request.Name)
	no, patch := decide(r.Context(), asked.Request)
	answer := &admissionv1.AdmissionResponse{UID: asked.Request.UID, Allowed: no == ""}
	if no != "" {
		answer.Result = &metav1.Status{Message: no}
	}
	if patch != "" {
		kind := admissionv1.PatchTypeJSONPatch
		answer.PatchType, answer.Patch = &kind, []byte(patch)
	}
	_ = json.NewEncoder(w).Encode(admissionv1.AdmissionReview{TypeMeta: asked.TypeMeta, Response: answer})
}

func mutate(_ context.Context, r *admissionv1.AdmissionRequest) (string, string) {
	var object metav1.PartialObjectMetadata
	if err := json.Unmarshal(r.Object.Raw, &object); err != nil {
		return err.Error(), ""
	}
	if object.Labels == nil {
		return "", `[{"op": "add", "path": "/metadata/labels", "value": {"seen": "yes"}}]`
	}
	return "", `[{"op": "add", "path": "/metadata/labels/seen", "value": "yes"}]`
}

func deny(_ context.Context, r *admissionv1.AdmissionRequest) (string, string) {
	return "no " + r.Name + " today", ""
}

func slow(ctx context.Context, _ *admissionv1.AdmissionRequest) (string, string) {
	select {
	case <-time.After(20 * time.Second):
	case <-ctx.Done():
	}
	return "", ""
}

// ask lets in what the cluster itself agrees to: it reads an object, makes one, for which
// webhooks are called, too, and asks for what the API needs a moment to refuse.
func ask(ctx context.Context, r *admissionv1.AdmissionRequest) (string, string) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err.Error(), ""
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err.Error(), ""
	}
	if _, err := client.CoreV1().ConfigMaps("default").Get(ctx, "rules", metav1.GetOptions{}); err != nil {
		return err.Error(), ""
	}
	made, err := client.CoreV1().ConfigMaps("default").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "about-" + r.Name}}, metav1.CreateOptions{})
	if err != nil || made.Labels["seen"] != "yes" {
		return fmt.Sprintf("a ConfigMap was made with the labels %v: %v", made.Labels, err), ""
	}
	if _, err := client.CoreV1().ConfigMaps("nowhere").Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: r.Name}}, metav1.CreateOptions{}); !apierrors.IsNotFound(err) {
		return fmt.Sprintf("in a namespace that is not there: %v", err), ""
	}
	return "", ""
}

// convertBackups calls a field of the spec keep in version v1, and retain in others.
func convertBackups(w http.ResponseWriter, r *http.Request) {
	var asked apiextensionsv1.ConversionReview
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	answer := &apiextensionsv1.ConversionResponse{UID: asked.Request.UID, Result: metav1.Status{Status: metav1.StatusSuccess}}
	for _, raw := range asked.Request.Objects {
		var o unstructured.Unstructured
		if err := o.UnmarshalJSON(raw.Raw); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Println("converts", o.GetName(), "to", asked.Request.DesiredAPIVersion)
		from, to := "retain", "keep"
		if !strings.HasSuffix(asked.Request.DesiredAPIVersion, "/v1") {
			from, to = to, from
		}
		if spec, ok := o.Object["spec"].(map[string]any); ok {
			spec[to] = spec[from]
			delete(spec, from)
		}
		o.SetAPIVersion(asked.Request.DesiredAPIVersion)
		answer.ConvertedObjects = append(answer.ConvertedObjects, runtime.RawExtension{Object: &o})
	}
	_ = json.NewEncoder(w).Encode(apiextensionsv1.ConversionReview{TypeMeta: asked.TypeMeta, Response: answer})
}
