using VirtHandover.Foreign;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>Why a VM that is approved, or was asked for by name, does not start yet.</summary>
/// <param name="state">The queue.</param>
/// <param name="moment">When somebody asks.</param>
internal sealed class WaitReason(QueueState state, QueueMoment moment)
{
    // Once for all VMs.
    private readonly Upgrade? _running = state.Upgrades.Values
        .Where(other => other.State is UpgradeState.Running)
        .MinBy(other => ((UpgradeState.Running)other.State).Id);

    /// <summary>The reasons of one VM, in sentences.</summary>
    /// <returns>Empty when nothing holds it, or nobody wants it.</returns>
    public string Of(Upgrade upgrade) =>
        upgrade.State is UpgradeState.Approved ? string.Join(' ', Reasons(upgrade).Where(reason => reason.Length > 0))
        : state.Asked.Exists(asked => asked.Domain == upgrade.Domain && !asked.Rehearse) ? OfAsked(upgrade)
        : "";

    // Neither a window nor a paused queue keeps what was asked for by name; see StartRule.
    private string OfAsked(Upgrade upgrade) =>
        state.Hold.Length > 0 ? state.Hold : PolicyRule.IsNever(state, upgrade, moment.Options) ? Capitalized(PolicyRule.NeverSentence(upgrade)) : "";

    private IEnumerable<string> Reasons(Upgrade upgrade)
    {
        yield return Standing.Queue(state).Reason;
        if (upgrade.Policy is null && state.IsScanGood)
            yield return "Its policy could not be read from libvirt.";
        var policy = PolicyRule.Of(state, upgrade, moment.Options);
        if (policy.Mode == PolicyMode.Never)
            yield return Capitalized(PolicyRule.NeverSentence(upgrade));
        if (moment.Windows.At(policy.Window, moment.Now) is { IsOpen: false } window)
        {
            yield return window.Change is { } change
                ? $"Its maintenance window ({policy.Window.Text}) opens at {moment.Windows.OnTheWall(change, "yyyy-MM-dd HH:mm zzz")}."
                : $"Its maintenance window ({policy.Window.Text}) does not open within two weeks.";
        }

        if (upgrade.Installed is null)
            yield return "There is no installed QEMU to move it to.";
        if (!state.IsScanGood)
            yield return "The running VMs have not been examined yet, or could not be.";
        if (state.PutOff is { } putOff && putOff.NotBefore(moment.Now) is not null)
            yield return putOff.Reason(moment.Windows);
        if (!state.Interrupted.IsEmpty)
            yield return "The result of an earlier handover is still being recovered.";
        if (_running is not null)
            yield return $"The handover of {ForeignText.Escape(_running.Name)} is running; the next ones start when it has ended.";
        else if (state.IsTransactionRunning)
            yield return "A package transaction is under way; handovers wait for its end.";
    }

    private static string Capitalized(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
