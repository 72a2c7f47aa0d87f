package kwok

import (
	"fmt"
	"strconv"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kwok/pkg/apis/v1alpha1"
	"sigs.k8s.io/kwok/pkg/utils/cel"
	"sigs.k8s.io/kwok/pkg/utils/expression"
)

// check finds the mistakes in a Stage that KWOK's controller would find only when an object
// matches, or not at all.
func (s *Stage) check() error {
	spec := &s.source.Spec
	if s.source.Name == "" {
		return s.fault("it has no name", "metadata")
	}
	if spec.ResourceRef.Kind == "" {
		return s.fault("it does not say for which kind it is", "spec", "resourceRef")
	}
	if spec.Selector == nil {
		return s.fault("it has no selector, and so matches nothing; write {} to match everything", "spec")
	}
	if spec.Weight < 0 {
		return s.fault(fmt.Sprintf("weight %d is negative", spec.Weight), "spec", "weight")
	}
	for _, check := range []func() error{s.checkSelector, s.checkDelay, s.checkSteps} {
		if err := check(); err != nil {
			return err
		}
	}
	return s.checkExpression(spec.WeightFrom, "spec", "weightFrom")
}

func (s *Stage) fault(what string, path ...string) error {
	return fmt.Errorf("%s: Stage %s: %s", s.at(path...), s.source.Name, what)
}

func (s *Stage) checkSelector() error {
	for i, e := range s.Spec.Selector.MatchExpressions {
		var err error
		switch {
		case e.JQ != nil:
			_, err = expression.NewRequirement(e.JQ.Key, e.JQ.Operator, e.JQ.Values)
		case e.CEL != nil:
			err = s.compileCEL(e.CEL.Expression)
		default:
			err = fmt.Errorf("neither jq nor cel is given")
		}
		if err != nil {
			return s.fault(err.Error(), "spec", "selector", "matchExpressions", strconv.Itoa(i))
		}
	}
	return nil
}

// compileCEL compiles an expression about an object of the Stage's kind: typed for pods and nodes,
// else of any fields.
func (s *Stage) compileCEL(text string) error {
	var self any = map[string]any{}
	if ref := s.Spec.ResourceRef; ref.APIGroup == "v1" && ref.Kind == "Pod" {
		self = (*corev1.Pod)(nil)
	} else if ref.APIGroup == "v1" && ref.Kind == "Node" {
		self = (*corev1.Node)(nil)
	}
	env, err := cel.NewEnvironment(cel.EnvironmentConfig{
		Types: cel.DefaultTypes, Conversions: cel.DefaultConversions, Funcs: cel.DefaultFuncs,
		Methods: cel.FuncsToMethods(cel.DefaultFuncs), Vars: map[string]any{"self": self},
	})
	if err != nil {
		return err
	}
	_, err = env.Compile(text)
	return err
}

func (s *Stage) checkDelay() error {
	d := s.source.Spec.Delay
	if d == nil {
		return nil
	}
	if ms := d.DurationMilliseconds; ms != nil && *ms < 0 {
		return s.fault(fmt.Sprintf("a delay of %d ms is negative", *ms), "spec", "delay", "durationMilliseconds")
	}
	if ms := d.JitterDurationMilliseconds; ms != nil && *ms < 0 {
		return s.fault(fmt.Sprintf("a delay of %d ms is negative", *ms), "spec", "delay", "jitterDurationMilliseconds")
	}
	if err := s.checkExpression(d.DurationFrom, "spec", "delay", "durationFrom"); err != nil {
		return err
	}
	return s.checkExpression(d.JitterDurationFrom, "spec", "delay", "jitterDurationFrom")
}

// checkExpression checks where a value is to be taken from; nil: nowhere.
func (s *Stage) checkExpression(from *v1alpha1.ExpressionFrom, path ...string) error {
	if from == nil {
		return nil
	}
	query := from.ExpressionFrom //nolint:staticcheck // KWOK's own sets still use it
	if from.JQ != nil {
		query = from.JQ.Expression
	}
	if from.CEL != nil {
		if err := s.compileCEL(from.CEL.Expression); err != nil {
			return s.fault(err.Error(), path...)
		}
	}
	if query == "" {
		return nil
	}
	if _, err := expression.NewQuery(query); err != nil {
		return s.fault(fmt.Sprintf("jq expression %q: %v", query, err), path...)
	}
	return nil
}

// knownPatches are the types of patches that there are.
var knownPatches = map[v1alpha1.StagePatchType]bool{
	v1alpha1.StagePatchTypeJSONPatch: true, v1alpha1.StagePatchTypeMergePatch: true, v1alpha1.StagePatchTypeStrategicMergePatch: true,
}

func (s *Stage) checkSteps() error {
	if next := s.source.Spec.Next; next != nil { //nolint:staticcheck // KWOK's own sets still use it
		text := next.StatusTemplate //nolint:staticcheck // the same
		if err := s.checkTemplate(text, "spec", "next", "statusTemplate"); err != nil {
			return err
		}
		for i := range next.Patches {
			if err := s.checkPatch(&next.Patches[i], "spec", "next", "patches", strconv.Itoa(i)); err != nil {
				return err
			}
		}
	}
	for i, step := range s.source.Spec.Steps {
		if step.Patch != nil {
			if err := s.checkPatch(step.Patch, "spec", "steps", strconv.Itoa(i), "patch"); err != nil {
				return err
			}
		}
		if step.Apply != nil {
			if err := s.checkTemplate(step.Apply.Template, "spec", "steps", strconv.Itoa(i), "apply", "template"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Stage) checkPatch(p *v1alpha1.StagePatch, path ...string) error {
	if p.Type != nil && !knownPatches[*p.Type] {
		return s.fault(fmt.Sprintf("a patch of type %q: want json, merge or strategic", *p.Type), append(path, "type")...)
	}
	return s.checkTemplate(p.Template, append(path, "template")...)
}

// checkTemplate checks the syntax of a template, and that all its functions are there.
func (s *Stage) checkTemplate(text string, path ...string) error {
	_, err := template.New("template").Funcs(sprig.TxtFuncMap()).Funcs(kwoksFunctions).Funcs((&functions{}).all()).Parse(text)
	if err != nil {
		return s.fault(err.Error(), path...)
	}
	return nil
}
