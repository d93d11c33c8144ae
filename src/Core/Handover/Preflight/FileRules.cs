using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Handover.Files;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Preflight;

/// <summary>The files that both QEMUs open by path: it must be the same ones, and the new QEMU must be let in.</summary>
internal static class FileRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        if (!facts.FilesWereTried)
            yield return FindingCodes.FileUnknown.Says("A try to open the VM's files gave no answer.");
        foreach (var finding in facts.Context is { } context ? Check(facts.Files, context) : [])
            yield return finding;
    }

    /// <summary>What was found out about the files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="context">Whose files they are.</param>
    internal static IEnumerable<Finding> Check(IReadOnlyList<SeenFile> files, ProcessContext context)
    {
        foreach (var file in files)
        {
            if (file.Named.Use != FileUse.Loaded && file.IsMissing)
                yield return FindingCodes.FileOther.Says($"{file.Named.Subject} was deleted or renamed; the VM's QEMU still has it open.");
            else if (file.Named.Use != FileUse.Loaded && file.IsOpen == false)
                yield return FindingCodes.FileOther.Says($"{file.Named.Subject} is another file than the one that the VM's QEMU has open.");
            else if (file is { Named.Use: not FileUse.Loaded, IsMoved: true })
                yield return FindingCodes.FileSwapped.Says($"{file.Named.Subject} is another one of the VM's files than it was when its command line was noted: two have changed their names.");
            else if (file.Refusal is { } refusal)
                yield return Refused(file.Named, refusal, context);
            else if (file.IsMissing)
                yield return Refused(file.Named, "it does not exist any more", context);
            else if (file is { Named.Use: FileUse.Loaded, IsNewer: true })
                yield return FindingCodes.FileNewer.Says($"{file.Named.Subject} was written or replaced after the VM had started.");
        }
    }

    /// <summary>A file that cannot be opened.</summary>
    /// <param name="file">The file.</param>
    /// <param name="why">As the system, or QEMU, says.</param>
    /// <param name="context">Who was refused.</param>
    internal static Finding Refused(NamedFile file, string why, ProcessContext context) => FindingCodes.FileAccess.Says(string.Create(
        CultureInfo.InvariantCulture,
        $"{file.Subject} cannot be opened for {(file.Use == FileUse.Written ? "writing" : "reading")} by user {context.Status.UserIds[1]}, group {context.Status.GroupIds[1]}, as which the VM's QEMU runs{Label(context)}: {why.TrimEnd('.')}."));

    private static string Label(ProcessContext context) => context.Label.Length == 0 ? ""
        : $" ({(context.IsSelinux ? "SELinux context" : "AppArmor profile")} {context.Label})";
}
