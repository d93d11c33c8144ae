using System.Globalization;
using VirtHandover.Bus.Client;

namespace VirtHandover.Bus.Contract;

/// <summary>Why somebody did something, in their words: kept, sent to everybody who looks, and written to the log.</summary>
internal static class ReasonText
{
    /// <summary>A reason's longest, in UTF-16 units.</summary>
    internal const int Most = 500;

    /// <summary>Takes it over.</summary>
    /// <exception cref="ServiceException">It is too long.</exception>
    internal static string Of(string reason) => reason.Length <= Most
        ? reason
        : throw new ServiceException(
            ServiceFault.InvalidArgument,
            string.Create(CultureInfo.InvariantCulture, $"The reason has {reason.Length} characters, and {Most} are the most; nothing was changed. Say it more briefly, for example \"month-end run\"."));
}
