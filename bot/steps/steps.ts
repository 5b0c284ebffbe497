/** Every step of the agenda, and the query before it, as the bot asks it. */
import type { ScreenName } from '../screen.ts';
import { bidGuard, bidOpening, bidRisk } from './bid.ts';
import { chooseCertificate } from './choose-certificate.ts';
import { link, match } from './computer.ts';
import { change, details } from './details.ts';
import { cancelled, done, lapsed, tooEarly, tooLate } from './ends.ts';
import { look, lookAgain } from './look.ts';
import {
  issue,
  rekey,
  rekeyAgain,
  verify,
  verifyAgain,
  withStaff,
  writeAgain,
  writeCertificate,
} from './on-the-key.ts';
import { query } from './query.ts';
import { signIn } from './sign-in.ts';
import type { ChatStep } from './step.ts';

export const STEPS: Readonly<Record<ScreenName, ChatStep>> = {
  'sign-in': signIn,
  query,
  'choose-certificate': chooseCertificate,
  cancelled,
  lapsed,
  change,
  'too-early': tooEarly,
  'too-late': tooLate,
  'bid-guard': bidGuard,
  'bid-opening': bidOpening,
  'bid-risk': bidRisk,
  link,
  match,
  look,
  'look-again': lookAgain,
  details,
  rekey,
  'rekey-again': rekeyAgain,
  issue,
  'with-staff': withStaff,
  'write-certificate': writeCertificate,
  'write-again': writeAgain,
  verify,
  'verify-again': verifyAgain,
  done,
};
