using VirtHandover.Hook;
using VirtHandover.Hook.Interop;

// Called by RPM's %transfiletriggerin and, with the word dpkg, by dpkg's trigger, with the changed paths on standard input. Contract: silent, at most 5 s, status 0 whatever
// happens, no child left behind. A failing trigger makes dnf5 say "Transaction failed", and a hanging one cannot be interrupted.
Libc.SilenceOutput();
var work = new Thread(() =>
{
    try
    {
        using var input = Console.OpenStandardInput();
        Notifier.FromEnvironment(args is [var source] ? source : "rpm").Run(input);
    }
    catch (Exception)
    {
        // There is nobody to tell: the service looks again by itself, at its start and on a timer.
    }
})
{
    IsBackground = true,
};
work.Start();
work.Join(Notifier.Patience);

// Not Environment.Exit, which waits for threads that may hang in a call.
Libc._exit(0);
