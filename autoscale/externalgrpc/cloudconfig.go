package externalgrpc

import (
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// Credentials let the autoscaler in: PEM texts.
type Credentials struct {
	// CA signed the server's certificate.
	CA []byte
	// Certificate is the autoscaler's own, Key the key to it.
	Certificate, Key []byte
}

// cloudConfigFile is the file that the autoscaler's --cloud-config names.
type cloudConfigFile struct {
	Address     string `json:"address"` // host and port
	Key         string `json:"key"`
	Certificate string `json:"cert"`
	CA          string `json:"cacert"`
}

// WriteCredentials makes the folder dir, which must not exist, and writes the
// credentials into it, for its owner's eyes only. It returns the text of the file for
// --cloud-config, which refers to them; address is the server's, host and port.
func WriteCredentials(dir, address string, c Credentials) (cloudConfig []byte, err error) {
	text, err := writeCredentials(dir, address, c)
	if err != nil {
		return nil, fmt.Errorf("write credentials for the autoscaler: %w", err)
	}
	return text, nil
}

func writeCredentials(dir, address string, c Credentials) ([]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	file := cloudConfigFile{
		Address: address, Key: filepath.Join(dir, "client.key"),
		Certificate: filepath.Join(dir, "client.crt"), CA: filepath.Join(dir, "ca.crt"),
	}
	for _, f := range []struct {
		path string
		text []byte
	}{{file.CA, c.CA}, {file.Certificate, c.Certificate}, {file.Key, c.Key}} {
		if err := os.WriteFile(f.path, f.text, 0o600); err != nil {
			return nil, err
		}
	}
	return yaml.Marshal(file)
}

// CredentialsFolder is the folder to whose files a text of WriteCredentials refers;
// empty: the text is another.
func CredentialsFolder(cloudConfig []byte) string {
	var file cloudConfigFile
	if err := yaml.UnmarshalStrict(cloudConfig, &file); err != nil || file.Key == "" {
		return ""
	}
	return filepath.Dir(file.Key)
}
