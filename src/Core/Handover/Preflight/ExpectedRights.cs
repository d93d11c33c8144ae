using System.Globalization;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// What libvirt has given a VM's QEMU, as its own files say, which the QEMU cannot write: a process that has other ids, or has lost its system
/// call filter, is not as it was started, and a twin of it would not be either.
/// </summary>
/// <param name="UserId">Its user; null when that is not known.</param>
/// <param name="GroupId">Its group; null when that is not known.</param>
/// <param name="IsFiltered">Whether libvirt starts it with a system call filter.</param>
internal sealed record ExpectedRights(uint? UserId, uint? GroupId, bool IsFiltered)
{
    /// <summary>Its SELinux context or AppArmor profile; null when libvirt gives it none.</summary>
    public string? Label { get; init; }

    private const int Filter = 2;

    /// <summary>Reads them.</summary>
    /// <param name="status">libvirt's status file of the VM.</param>
    /// <param name="conf">The settings of libvirt's QEMU driver.</param>
    internal static ExpectedRights Of(StatusFile status, QemuConf conf)
    {
        // The label in the XML is the domain's own; without one the driver's setting counts, and without that what libvirt was built with.
        var (user, group) = status.Domain.LabelOf("dac") is { } owner ? Split(owner) : (conf.User, conf.Group);
        return new ExpectedRights(
            user is null ? null : IdOf(user, "/etc/passwd"),
            group is null ? null : IdOf(group, "/etc/group"),
            conf.HasSandbox && status.KnowsSandbox && !status.Domain.ExtraArguments.Contains("-sandbox"))
        {
            Label = status.Domain.LabelOf("selinux") ?? status.Domain.LabelOf("apparmor"),
        };
    }

    /// <summary>The same of a whole context, its label included.</summary>
    /// <param name="process">The process's context.</param>
    /// <param name="which">Which it is, for the sentences.</param>
    internal IEnumerable<string> Differences(ProcessContext process, string which)
    {
        foreach (var difference in Differences(process.Status, which))
            yield return difference;
        if (Label is { } label && process.Label != label)
            yield return $"{which} has the security label '{process.Label}', and libvirt starts it with '{label}'.";
    }

    /// <summary>What a process has that libvirt does not give it, a sentence each.</summary>
    /// <param name="process">The process.</param>
    /// <param name="which">Which it is, for the sentences: <c>The VM's QEMU</c>.</param>
    internal IEnumerable<string> Differences(ProcessStatus process, string which)
    {
        if (UserId is { } user && process.UserIds.Any(id => id != user))
            yield return Text($"{which} has the user ids {Join(process.UserIds)}, and libvirt starts it as user {user}.");
        if (GroupId is { } group && process.GroupIds.Any(id => id != group))
            yield return Text($"{which} has the group ids {Join(process.GroupIds)}, and libvirt starts it as group {group}.");
        if (IsFiltered && process.SeccompMode != Filter)
            yield return Text($"{which} has no system call filter (seccomp), and libvirt starts it with one.");
    }

    /// <summary>Splits a label as DAC writes it: <c>+64055:+64055</c>, or two names.</summary>
    private static (string? User, string? Group) Split(string label) => label.Split(':') switch
    {
        [var user, var group] => (user, group),
        [var user] => (user, null),
        _ => (null, null),
    };

    // A name is looked up in the host's own files: no directory service has a QEMU's user.
    internal static uint? IdOf(string text, string names)
    {
        if (uint.TryParse(text.TrimStart('+'), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return id;
        try
        {
            var lines = File.ReadAllText(names).Split('\n').Select(line => line.Split(':'));
            if (lines.FirstOrDefault(fields => fields.Length > 2 && fields[0] == text) is { } found
                && uint.TryParse(found[2], NumberStyles.None, CultureInfo.InvariantCulture, out id))
            {
                return id;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Then it is not known.
        }

        return null;
    }

    private static string Join(IReadOnlyList<uint> ids) => string.Join(' ', ids.Distinct().Select(id => Text($"{id}")));

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
