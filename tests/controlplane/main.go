// controlplane is a Kubernetes control plane and kubectl in one program, for tests that need the real thing.
// Its first argument, or the name it was called by, chooses the component; the rest of the command line is the component's own.
package main

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const (
	etcdStartDeadline = 60 * time.Second
	// start.sh looks for it in the log.
	etcdReadyLine = "etcd is ready"
)

var components = map[string]func(){
	"etcd":                    runEtcd,
	"kube-apiserver":          func() { runCommand(apiserver.NewAPIServerCommand()) },
	"kube-controller-manager": func() { runCommand(controllermanager.NewControllerManagerCommand()) },
	"kube-scheduler":          func() { runCommand(scheduler.NewSchedulerCommand()) },
	"kubectl":                 runKubectl,
	"pki":                     runPKI,
}

func main() {
	run, ok := components[filepath.Base(os.Args[0])]
	if !ok && len(os.Args) > 1 {
		if run, ok = components[os.Args[1]]; ok {
			// The components print and parse os.Args; to them the choice was never there.
			os.Args = os.Args[1:]
		}
	}
	if !ok {
		fmt.Fprintln(os.Stderr, usage())
		os.Exit(2)
	}
	run()
}

func usage() string {
	names := make([]string, 0, len(components))
	for name := range components {
		names = append(names, name)
	}
	slices.Sort(names)
	return fmt.Sprintf("usage: %s %s [arguments]", filepath.Base(os.Args[0]), strings.Join(names, "|"))
}

func runCommand(command *cobra.Command) {
	os.Exit(cli.Run(command))
}

// kubectl has an error printer and exit codes of its own, and logs before its flags are parsed: when it looks for plugins.
func runKubectl() {
	if _, err := logs.GlogSetter(kubectl.GetLogVerbosity(os.Args)); err != nil {
		log.Fatal(err)
	}
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
}

func runEtcd() {
	if len(os.Args) != 3 || os.Args[1] != "--config-file" {
		log.Fatal("usage: etcd --config-file FILE")
	}
	if err := serveEtcd(os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func serveEtcd(configFile string) error {
	config, err := embed.ConfigFromFile(configFile)
	if err != nil {
		return err
	}
	// etcd's own main function, which is not used here, gives this its default; without it etcd complains of each request.
	config.WarningUnaryRequestDuration = embed.DefaultWarningUnaryRequestDuration
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	defer server.Close()

	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)

	select {
	case <-server.Server.ReadyNotify():
		log.Print(etcdReadyLine)
	case err := <-server.Err():
		return err
	case <-stop:
		return nil
	case <-time.After(etcdStartDeadline):
		return errors.New("etcd did not become ready within " + etcdStartDeadline.String())
	}

	select {
	case err := <-server.Err():
		return err
	case <-server.Server.StopNotify():
		return errors.New("etcd stopped by itself")
	case <-stop:
		return nil
	}
}
