package process

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// DefaultLogLimit is how much of what a container prints is kept, in bytes.
const DefaultLogLimit = 10 << 20

// minLogLimit is less than which no log is kept: they are cut in blocks of the file system.
const minLogLimit = 64 << 10

// Config is what a node's processes need.
type Config struct {
	// Images says which images there are, and what command each stands for, before the
	// container's own command and arguments; an empty one adds nothing. A name is an image
	// as pods write it, or its beginning and a star. The longest that fits counts.
	Images map[string][]string `json:"images"`
	// Env are variables of every process, before those of its container: PATH, say, or
	// KUBECONFIG. From simk's own environment a process has PATH only.
	Env map[string]string `json:"env,omitempty"`
	// LogLimit is how many bytes of a container's output are kept. 0: DefaultLogLimit.
	LogLimit int64 `json:"logLimit,omitempty"`

	// Dir is a folder for the pods' folders, of a run: it is made, for this user only.
	Dir string `json:"-"`
	// Event is told what a kubelet posts about pods; it may not ask the provider. Nil: nobody.
	Event func(about *corev1.Pod, eventType, reason, note string) `json:"-"`
}

// Check tells what is wrong with a configuration, but for Dir, which the program sets.
func (c *Config) Check() error {
	if len(c.Images) == 0 {
		return errors.New("images: none is named, so no pod could run: name images and the commands they stand for, such as busybox*: []")
	}
	for name, command := range c.Images {
		if strings.Contains(strings.TrimSuffix(name, "*"), "*") || name == "" {
			return fmt.Errorf("images: %q is no image and no beginning of one with a star at its end", name)
		}
		for _, word := range command {
			if strings.ContainsRune(word, 0) {
				return fmt.Errorf("images: the command of %q has a zero byte", name)
			}
		}
		if len(command) > 0 && command[0] == "" {
			return fmt.Errorf("images: the command of %q begins with an empty word", name)
		}
	}
	for name, value := range c.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.ContainsRune(value, 0) {
			return fmt.Errorf("env: %q is no variable", name)
		}
	}
	if c.LogLimit != 0 && c.LogLimit < minLogLimit {
		return fmt.Errorf("logLimit: %d bytes are too few: at least %d", c.LogLimit, minLogLimit)
	}
	return nil
}

// prepared is the configuration with its defaults.
func (c *Config) prepared() (*Config, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if !filepath.IsAbs(c.Dir) {
		return nil, fmt.Errorf("the folder for pods, %q, is no absolute path", c.Dir)
	}
	p := *c
	if p.LogLimit == 0 {
		p.LogLimit = DefaultLogLimit
	}
	if p.Event == nil {
		p.Event = func(*corev1.Pod, string, string, string) {}
	}
	return &p, nil
}

// command is what an image stands for.
func (c *Config) command(image string) (command []string, known bool) {
	if command, known = c.Images[image]; known {
		return command, true
	}
	longest := -1
	for name, words := range c.Images {
		if start, glob := strings.CutSuffix(name, "*"); glob && strings.HasPrefix(image, start) && len(start) > longest {
			command, longest = words, len(start)
		}
	}
	return command, longest >= 0
}
